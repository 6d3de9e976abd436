CREATE VIEW company.b AS SELECT id FROM company.a; -- expect: migration-order
