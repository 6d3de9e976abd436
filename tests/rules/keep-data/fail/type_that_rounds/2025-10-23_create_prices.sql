BEGIN;
CREATE TABLE company.price (sku text PRIMARY KEY, amount numeric(8, 2), weight numeric);
INSERT INTO company.price VALUES ('A-1', 9.90, 2), ('A-2', 12.00, 3), ('A-3', NULL, NULL);
COMMIT;
