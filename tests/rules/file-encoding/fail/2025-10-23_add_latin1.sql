-- replay: 22021
SELECT 1;
SELECT 'Größe'; -- expect: file-encoding
