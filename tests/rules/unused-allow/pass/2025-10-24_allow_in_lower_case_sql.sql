begin;
-- ctb:allow if-not-exists: psql stops at the second run, and so it shall
create view company.domains as select domain from company.master;
commit;
