BEGIN;
ALTER TABLE company.master -- expect: replay warning
    ADD CONSTRAINT master_size_known CHECK (size_label IN ('small', 'large') AND legacy_id BETWEEN 0 AND 10);
COMMIT;
