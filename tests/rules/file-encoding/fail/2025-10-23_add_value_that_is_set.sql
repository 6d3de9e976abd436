UPDATE company.master SET name = 'CafÃ©' WHERE name = 'Cafe'; -- expect: file-encoding
