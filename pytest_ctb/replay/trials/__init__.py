"""What is tried with a migration besides applying it: on rows, once more, rolled back, broken off."""
