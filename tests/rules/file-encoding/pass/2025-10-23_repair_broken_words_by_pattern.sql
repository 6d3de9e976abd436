UPDATE company.master SET name = convert_from(convert_to(name, 'WIN1252'), 'UTF8')
WHERE name LIKE '%Ã¼%' OR name ~ 'Ã[©¨]' OR strpos(name, 'â€') > 0 OR position('ÃŸ' IN name) > 0;
