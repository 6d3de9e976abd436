CREATE TEMPORARY TABLE copied AS SELECT id, name FROM company.master;
CREATE UNIQUE INDEX ON copied (id);
ALTER TABLE copied RENAME TO renamed;
