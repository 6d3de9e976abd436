SELECT 1; -- expect: file-encoding
