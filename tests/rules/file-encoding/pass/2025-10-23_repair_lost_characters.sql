UPDATE company.log SET note = replace(note, '�', '') WHERE note LIKE '%�%';
