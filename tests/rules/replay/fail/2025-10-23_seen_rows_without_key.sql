BEGIN;
DELETE FROM company.log WHERE id < 0;
ALTER TABLE company.log ADD CONSTRAINT log_pkey PRIMARY KEY (id); -- expect: replay error
COMMIT;
