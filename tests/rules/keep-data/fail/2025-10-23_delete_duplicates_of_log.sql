BEGIN;
DELETE FROM company.log AS one -- expect: keep-data
USING company.log AS other
WHERE one.ctid > other.ctid
  AND one.id IS NOT DISTINCT FROM other.id
  AND one.note IS NOT DISTINCT FROM other.note;
ALTER TABLE company.log ADD CONSTRAINT log_once UNIQUE NULLS NOT DISTINCT (id, note);
COMMIT;
