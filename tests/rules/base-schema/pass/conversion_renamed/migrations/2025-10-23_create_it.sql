CREATE CONVERSION company.of_latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
ALTER CONVERSION company.of_latin RENAME TO from_latin;
