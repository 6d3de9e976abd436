ALTER TABLE company.log RENAME TO journal;
