COPY company.log (id, note) FROM stdin; -- expect: atomic
1	BEGIN;
2	COMMIT;
\.
ALTER TABLE company.log ADD CONSTRAINT log_pkey PRIMARY KEY (id);
