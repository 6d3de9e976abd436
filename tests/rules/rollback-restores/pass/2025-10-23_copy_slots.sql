BEGIN;

INSERT INTO company.slot (id, master_id) SELECT m.id, m.id FROM company.master AS m WHERE m.name = 'Acme';

COMMIT;

-- Rollback:
-- DELETE FROM company.slot WHERE id = master_id;
