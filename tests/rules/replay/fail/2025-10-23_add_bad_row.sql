-- replay: 22P02
COPY company.log (id, note) FROM stdin;
1	one
two	two -- expect: replay
\.
