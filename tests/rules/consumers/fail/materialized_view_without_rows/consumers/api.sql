-- name: sizes
SELECT size_label, n FROM company.sizes;
