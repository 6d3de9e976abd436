"""SQL files as psql reads them: variables, conditions, includes and commands."""
