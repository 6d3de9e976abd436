DO $$ BEGIN NULL; END $$; -- expect: transaction
