CREATE VIEW company.both_of AS SELECT c.domain FROM company.master c LEFT JOIN people.master p ON p.company_id = c.id;
