"""A login to a throwaway database, and how a file is sent through it."""
