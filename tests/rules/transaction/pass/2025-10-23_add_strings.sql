BEGIN;
INSERT INTO company.log (note) VALUES ('BEGIN;'), ('it''s; COMMIT;'), (E'\'; COMMIT;'), ($x$ROLLBACK; $$ COMMIT;$x$), (U&'\0043OMMIT;');
COMMIT;
