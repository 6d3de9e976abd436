SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS outreach; -- expect: atomic
BEGIN;
CREATE TABLE IF NOT EXISTS outreach.message (id bigint PRIMARY KEY);
COMMIT;
