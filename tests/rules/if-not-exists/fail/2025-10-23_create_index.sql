CREATE INDEX tag_idx ON company.master (domain); -- expect: if-not-exists
CREATE INDEX ON company.master (domain); -- expect: if-not-exists
CREATE UNIQUE INDEX tag_key ON company.master (id) WHERE name IS NOT NULL; -- expect: if-not-exists
