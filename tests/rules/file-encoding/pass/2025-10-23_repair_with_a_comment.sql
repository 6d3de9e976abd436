-- some names hold â€™ where ’ was meant
UPDATE company.master SET name = replace(name, 'â€™', '’');
