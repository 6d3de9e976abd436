-- replay: 42501
CREATE ROLE ctb_case_boss SUPERUSER; -- expect: replay
