"""The commands that reach a live database, given by `--database-url` or DATABASE_URL: apply, rollback, adopt, status.

Nothing in `pytest --ctb` imports this package.
"""
