"""What a statement did, as the server and its catalogs tell it. Imports nothing of the trials."""
