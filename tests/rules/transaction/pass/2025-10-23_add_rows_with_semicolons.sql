BEGIN;
COPY company.log (note) FROM stdin;
BEGIN;
COMMIT;
it's; -- not a comment
\.
COMMIT;
