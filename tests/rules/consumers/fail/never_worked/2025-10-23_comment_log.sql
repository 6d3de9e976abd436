COMMENT ON TABLE company.log IS 'What happened';
