ALTER TABLE company.slot ADD COLUMN tenant text;
