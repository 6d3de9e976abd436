"""The trials of a migration: on rows, once more, rolled back, interrupted, and after all other files."""
