-- f�r das Caf� -- expect: file-encoding
SELECT 'für';
