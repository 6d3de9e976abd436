CREATE TABLE IF NOT EXISTS people.folk (id bigint PRIMARY KEY, firm_id bigint REFERENCES company.firm (id));
