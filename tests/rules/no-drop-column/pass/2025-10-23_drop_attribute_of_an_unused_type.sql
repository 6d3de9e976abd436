CREATE TYPE company.parcel AS (weight numeric, label text);
CREATE FUNCTION company.weigh(p company.parcel) RETURNS numeric LANGUAGE sql AS 'SELECT (p).weight';
ALTER TYPE company.parcel DROP ATTRIBUTE label CASCADE;
