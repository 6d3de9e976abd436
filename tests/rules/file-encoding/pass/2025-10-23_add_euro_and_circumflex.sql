SELECT 'â', '€', 'pâté à 5 €';
