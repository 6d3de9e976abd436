"""What UPDATE, DELETE, MERGE and the queries beside them ask of rows, so that rows can be made which meet it."""
