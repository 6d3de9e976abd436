-- replay: 42809
ALTER FOREIGN TABLE company.log DROP COLUMN note; -- expect: no-drop-column:33
