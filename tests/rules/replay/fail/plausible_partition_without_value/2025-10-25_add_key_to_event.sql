BEGIN;
ALTER TABLE marketing.event ADD PRIMARY KEY (id, at); -- expect: replay warning
COMMIT;
