-- Größe, naïve café, Ångström, œuvre, ÿ
SELECT 'Übergröße', '¡olé!', '«bon»', 'São Paulo', 'Ñandú';
