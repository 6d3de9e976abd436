SELECT 'Ã¼ber die GrÃ¶ÃŸe'; -- expect: file-encoding
