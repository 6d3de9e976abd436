-- für das Café
INSERT INTO company.log (note) VALUES ('GrÃ¶ÃŸe'); -- expect: file-encoding
