BEGIN;
CREATE OR REPLACE RULE logged AS ON INSERT TO company.slot DO ALSO (
    INSERT INTO company.log (note) VALUES ('BEGIN;');
    NOTIFY slots
);
COMMIT;
