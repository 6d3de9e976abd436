ALTER TABLE company.master DROP fax; -- expect: no-drop-column
