BEGIN;
CREATE TABLE company.event (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE company.event_old PARTITION OF company.event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE company.event_new PARTITION OF company.event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO company.event VALUES (1, '2020-05-05'), (2, '2021-05-05'), (3, '2021-06-06');
COMMIT;
