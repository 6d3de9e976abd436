"""The commands that ask how a migration meets production: how large its tables are, and what blocks them."""
