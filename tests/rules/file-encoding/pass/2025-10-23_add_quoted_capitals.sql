-- „MENÜ“, “CAFÉ”, “MAÇÔ, ‚BLÅ‘, «É»
SELECT 'passé…', 'à–b';
