INSERT INTO company.log (note) VALUES ('Gr��e'); -- expect: file-encoding
