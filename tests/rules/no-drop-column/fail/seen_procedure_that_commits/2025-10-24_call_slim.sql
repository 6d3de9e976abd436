-- no transaction around it: the procedure ends its own
CALL people.slim('people.master', 'ALTER TABLE @ ALTER COLUMN email DROP NOT NULL');
CALL people.slim( -- expect: no-drop-column
    'people.master',
    'ALTER TABLE @ ADD COLUMN IF NOT EXISTS job text',
    'ALTER TABLE @ DROP COLUMN full_name'
);
