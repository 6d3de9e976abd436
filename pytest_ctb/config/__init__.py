"""What a user has set: ini files, options and their defaults, read once for pytest, `ctb` and sqlfluff."""
