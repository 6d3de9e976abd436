BEGIN;

CREATE ROLE report_writer;
GRANT report_writer TO CURRENT_USER;
CREATE SCHEMA reports AUTHORIZATION report_writer;
CREATE TABLE reports.page (nr int PRIMARY KEY, owner_name text NOT NULL);
ALTER TABLE reports.page OWNER TO report_writer;

COMMIT;
