-- replay: 2D000
BEGIN;
SET LOCAL search_path = company, public;
CALL trim_log(5); -- expect: transaction
COMMIT;
