SELECT 'ESPAÑA–', 'PIÑA’S', 'GROß“', 'PÅ–', 'AMANHÃ !', 'ŁÓDŹ–', 'İŞ’', 'ΑΒΓ–', 'ЖУК’';
