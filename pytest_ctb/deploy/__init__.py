"""Apply migrations to a live database, roll them back, adopt a database, read its status.

Nothing in `pytest --ctb` imports this package.
"""
