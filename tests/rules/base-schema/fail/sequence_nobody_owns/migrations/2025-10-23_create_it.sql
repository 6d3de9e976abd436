CREATE SEQUENCE company.next;
ALTER SEQUENCE company.next OWNED BY company.log.id;
