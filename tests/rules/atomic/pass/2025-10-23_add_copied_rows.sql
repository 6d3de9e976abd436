BEGIN;
LOCK TABLE company.log IN ACCESS EXCLUSIVE MODE;
COPY company.log (id, note) FROM stdin;
1	COMMIT;
\.
COPY company.slot (id, payload) FROM stdin WITH (FORMAT csv);
1,"{""then"": ""COMMIT;""}"
\.
COMMIT;
