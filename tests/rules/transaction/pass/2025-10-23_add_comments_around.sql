-- COMMIT; is what stands at the end
/* BEGIN; /* nested; */ */
BEGIN; -- BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT; -- and nothing behind it
/* SELECT 1; */
