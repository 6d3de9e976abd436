COMMENT ON TABLE company.log IS 'æ—¥æœ¬èªž'; -- expect: file-encoding
