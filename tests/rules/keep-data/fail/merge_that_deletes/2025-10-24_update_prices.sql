BEGIN;
MERGE INTO company.price AS old -- expect: keep-data
USING (VALUES ('A-2', 4.50), ('B-1', NULL), ('C-1', 1.00)) AS new (sku, amount) ON old.sku = new.sku
WHEN MATCHED AND new.amount IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET amount = new.amount
WHEN NOT MATCHED THEN INSERT VALUES (new.sku, new.amount);
COMMIT;
