"""Rows made for a file, so that the conditions of its statements are met; and what was proven on them."""
