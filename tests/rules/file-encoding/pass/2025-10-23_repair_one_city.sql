UPDATE company.master SET name = 'Zürich' WHERE name = 'ZÃ¼rich';
