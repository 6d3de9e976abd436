COMMENT ON TABLE company.master IS 'One row for each company'; -- expect: atomic
COMMENT ON COLUMN company.master.domain IS 'Without www';
