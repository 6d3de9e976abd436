"""What the running release may send to what a file changes: statements made from the catalogs, before and after it."""
