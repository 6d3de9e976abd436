UPDATE company.master SET name = replace(name, 'Ã¢â‚¬â„¢', 'â€™'); -- expect: file-encoding
