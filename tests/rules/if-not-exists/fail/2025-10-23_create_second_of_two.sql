CREATE TABLE IF NOT EXISTS company.tag (id bigint);

/* here */ CREATE TABLE company.tag2 ( -- expect: if-not-exists
    id bigint,
    note text DEFAULT 'IF NOT EXISTS'
);
