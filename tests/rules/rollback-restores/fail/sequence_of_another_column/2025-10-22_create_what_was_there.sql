BEGIN;
CREATE SEQUENCE company.next OWNED BY company.log.id;
COMMIT;
