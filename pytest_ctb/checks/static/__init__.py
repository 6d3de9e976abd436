"""Checks that need no server: they read the text and the parse tree."""
