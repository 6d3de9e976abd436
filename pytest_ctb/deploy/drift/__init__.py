"""A live database compared with the replay, and the SQL that repairs it."""
