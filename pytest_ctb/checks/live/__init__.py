"""Checks that read what a throwaway Postgres was seen to do."""
