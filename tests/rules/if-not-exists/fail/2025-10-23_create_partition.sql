CREATE TABLE marketing.campaigns_1 PARTITION OF marketing.campaigns FOR VALUES FROM (0) TO (10); -- expect: if-not-exists
CREATE UNLOGGED TABLE company.copied (LIKE company.log INCLUDING ALL); -- expect: if-not-exists
CREATE RECURSIVE VIEW company.counted (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counted WHERE n < 9; -- expect: if-not-exists
CREATE COLLATION company.plain FROM "C"; -- expect: if-not-exists
CREATE STATISTICS ON domain, name FROM company.master; -- expect: if-not-exists
