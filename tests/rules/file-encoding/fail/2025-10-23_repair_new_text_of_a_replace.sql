UPDATE company.master SET name = replace(name, '''', 'â€™'); -- expect: file-encoding
