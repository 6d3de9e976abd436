BEGIN;
CREATE VIEW company.houses AS SELECT NULL::company.address AS at;
COMMIT;
