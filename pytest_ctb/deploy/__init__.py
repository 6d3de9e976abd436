"""A database that is somebody's: reached only by who was told its address, `--database-url` or DATABASE_URL.

Nothing in `pytest --ctb` imports this package.
"""
