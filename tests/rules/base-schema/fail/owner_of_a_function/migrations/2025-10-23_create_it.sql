CREATE ROLE ctb_team;
GRANT ctb_team TO CURRENT_USER;
GRANT CREATE ON SCHEMA company TO ctb_team;
CREATE FUNCTION company.one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION company.one() OWNER TO ctb_team;
