BEGIN;

CREATE TABLE company.draft (id int PRIMARY KEY, note text);
INSERT INTO company.draft SELECT l.id, l.note FROM company.log AS l WHERE l.note = 'draft' AND l.id < 100;
DELETE FROM company.draft WHERE note <> 'kept';
CREATE TEMPORARY TABLE seen ON COMMIT DROP AS SELECT m.id, m.domain FROM company.master AS m;
DELETE FROM seen WHERE domain = 'a.com';
UPDATE seen SET domain = lower(domain);

COMMIT;
