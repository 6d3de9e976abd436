WITH firm AS (SELECT id, name FROM company.master) SELECT count(*) FROM firm WHERE firm.name IS NULL;
