BEGIN;
ALTER TABLE company.slot DROP CONSTRAINT slot_master_id_fkey;
ALTER TABLE company.slot ADD FOREIGN KEY (master_id) REFERENCES company.master (id) DEFERRABLE INITIALLY DEFERRED;
INSERT INTO company.slot (id, master_id) VALUES (1, 1);
INSERT INTO company.master (domain) VALUES ('acme.example');
COMMIT;
