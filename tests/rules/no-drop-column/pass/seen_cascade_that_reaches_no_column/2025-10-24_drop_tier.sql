BEGIN;
DROP TYPE company.tier CASCADE;
DROP FUNCTION company.tier_of(text) CASCADE;
DROP SEQUENCE company.numbers CASCADE;
COMMIT;
