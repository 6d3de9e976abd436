SELECT '«GrÃ¶ÃŸe»', '’Ã©’'; -- expect: file-encoding
