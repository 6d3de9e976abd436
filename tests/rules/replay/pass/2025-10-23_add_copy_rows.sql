COPY company.log (id, note) FROM stdin;
1	one; two
2	\N
\.
SELECT 1;
