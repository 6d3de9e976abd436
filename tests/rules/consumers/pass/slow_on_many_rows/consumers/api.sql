-- name: numbers
SELECT count(*) FROM generate_series(1, :n::bigint) AS a, generate_series(1, 1000000000) AS b;
