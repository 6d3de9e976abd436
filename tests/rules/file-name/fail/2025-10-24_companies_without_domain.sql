SELECT 1; -- expect: file-name
