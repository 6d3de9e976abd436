"""The names that statements make and use, resolved as Postgres resolves them: search path, aliases, scopes."""
