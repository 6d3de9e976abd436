-- name: works
SELECT id FROM company.log;

-- name: has_a_typo
SELECT id,
       nmae -- expect: consumers:8
FROM company.master WHERE id = :id;
