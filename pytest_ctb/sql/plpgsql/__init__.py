"""The statements inside a DO block or the body of a function."""
