CREATE OR REPLACE FUNCTION company.f() RETURNS text LANGUAGE sql AS $$ SELECT 'â†’' $$; -- expect: file-encoding
