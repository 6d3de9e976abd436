SELECT 'Ä°stanbul'; -- expect: file-encoding
