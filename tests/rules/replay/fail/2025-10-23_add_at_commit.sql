-- replay: 23503
BEGIN;
ALTER TABLE company.slot DROP CONSTRAINT slot_master_id_fkey;
ALTER TABLE company.slot ADD FOREIGN KEY (master_id) REFERENCES company.master (id) DEFERRABLE INITIALLY DEFERRED;
INSERT INTO company.slot (id, master_id) VALUES (1, 99);
COMMIT; -- expect: replay
