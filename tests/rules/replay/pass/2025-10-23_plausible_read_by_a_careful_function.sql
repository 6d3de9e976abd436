BEGIN;
CREATE OR REPLACE FUNCTION company.as_number(value text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN value::numeric;
EXCEPTION WHEN invalid_text_representation OR numeric_value_out_of_range THEN
    RETURN NULL;
END $$;
ALTER TABLE company.master ALTER COLUMN size_label TYPE numeric USING company.as_number(size_label);
COMMIT;
