ALTER TYPE company.stage ADD VALUE 'lost' BEFORE 'won'; -- expect: if-not-exists
