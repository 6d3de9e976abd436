SELECT 'é', 'a b', '​', '1 000';
