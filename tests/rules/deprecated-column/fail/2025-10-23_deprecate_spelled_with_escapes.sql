-- what counts is what Postgres keeps
BEGIN;
COMMENT ON COLUMN -- expect: deprecated-column
    "company".master."fax"
    IS U&'\0044EPRECATED: nobody '
       'has one';
COMMENT ON COLUMN company.log.note IS $c$Deprecated: use company.slot$c$; -- expect: deprecated-column
comment on column company . slot . payload is E'\x44EPRECATED'; -- expect: deprecated-column
COMMIT;
