-- name: odd
SELECT id::bigint, ':name' AS "a:b", $x$ :y $x$ AS z, (ARRAY[1, 2, 3])[1:2], '-- name: no' /* :c */ -- :d
FROM company.log
WHERE (:since IS NULL OR id > :since::bigint) AND (:flag IS NULL) AND note ~ 'a:b';
