-- NOT VALID puts the question off, VALIDATE asks it
BEGIN;
ALTER TABLE company.master ADD CONSTRAINT master_name_short CHECK (length(name) < 20) NOT VALID;
COMMENT ON CONSTRAINT master_name_short ON company.master IS 'As the label printer has it';
ALTER TABLE company.master VALIDATE CONSTRAINT master_name_short; -- expect: replay warning
COMMIT;
