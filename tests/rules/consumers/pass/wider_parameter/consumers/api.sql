-- name: by_legacy_id
DELETE FROM company.master WHERE legacy_id = :id;
