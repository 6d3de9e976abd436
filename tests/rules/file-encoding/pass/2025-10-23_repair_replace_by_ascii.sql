UPDATE company.master SET name = replace(replace(name, 'â€™', ''''), 'â€“', '-');
