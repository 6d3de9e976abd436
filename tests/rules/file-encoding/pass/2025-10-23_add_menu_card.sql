INSERT INTO company.log (note) VALUES ('MENÜ–KARTE');
