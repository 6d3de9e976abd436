-- â à ã Â Ã alone, and in words: château, là-bas, não, Âme, Ã
SELECT 'â', 'Ã', 'à la carte';
