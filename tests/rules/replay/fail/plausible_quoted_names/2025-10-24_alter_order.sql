BEGIN;
ALTER TABLE company."Order" -- expect: replay warning
    ADD CONSTRAINT "Kunde" FOREIGN KEY ("Kunden Nr") REFERENCES company.master (id);
COMMIT;
