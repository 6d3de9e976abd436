CREATE INDEX log_idx ON company.log (note);
COMMENT ON TABLE company.log IS 'a';
