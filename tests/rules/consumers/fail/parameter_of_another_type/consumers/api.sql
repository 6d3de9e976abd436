-- name: by_size
DELETE FROM company.master WHERE size_label = :size;
