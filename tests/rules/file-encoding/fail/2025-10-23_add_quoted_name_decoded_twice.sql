CREATE TABLE IF NOT EXISTS company."GrÃ¶ÃŸe" (id bigint); -- expect: file-encoding
