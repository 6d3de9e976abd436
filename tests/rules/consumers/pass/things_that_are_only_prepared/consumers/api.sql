-- name: forget_all
TRUNCATE company.log;
-- name: listen
LISTEN changes;
-- name: clean
VACUUM company.log;
-- name: done
COMMIT;
