CREATE INDEX CONCURRENTLY tag_idx ON company.master (domain); -- expect: if-not-exists
DROP INDEX CONCURRENTLY company.tag_idx; -- expect: if-not-exists
