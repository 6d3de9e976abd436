"""The SQL that makes the objects of a database, written from its catalogs."""
