"""Replay migrations on a throwaway server, and record what it does: the evidence that live guidelines are judged by.

The `Orchestrator` (orchestrate.py) collects the evidence from the cache and from a server. On a running server,
`observe` (run.py) creates the databases and gives each process (worker.py) a `Task`. A task's `Timeline` applies files
as `psql -v ON_ERROR_STOP=1 -f` does, reads the catalogs, and runs the trials of each file. This module imports none of
them, because the driver is imported while a server starts.
"""
