SELECT '5 Â£'; -- expect: file-encoding
