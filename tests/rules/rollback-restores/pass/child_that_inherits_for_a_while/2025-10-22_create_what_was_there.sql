BEGIN;
CREATE TABLE marketing.offer (price numeric);
CREATE TABLE marketing.regional (region text, price numeric);
COMMIT;
