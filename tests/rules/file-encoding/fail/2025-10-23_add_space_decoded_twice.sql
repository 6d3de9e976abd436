SELECT 'voilÃ '; -- expect: file-encoding
