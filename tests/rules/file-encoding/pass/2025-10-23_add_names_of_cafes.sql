INSERT INTO company.log (note) VALUES ('THE CAFÉ’S TABLES');
