BEGIN;
CREATE TABLE company.price (sku text PRIMARY KEY, amount numeric(8, 2));
INSERT INTO company.price VALUES ('A-1', 9.90), ('A-2', NULL), ('B-1', 5.00);
COMMIT;
