"""Migrations to what a server was seen to do with them: the evidence that live guidelines are judged by.

An `Orchestrator` (orchestrate.py) has the evidence of a run: from the cache, and from a server. On a server that runs,
`observe` (run.py) makes databases, and a `Task` for each process (worker.py). A task's `Timeline` applies files as
`psql -v ON_ERROR_STOP=1 -f` would, reads the catalogs, and tries each file. Imports none of them: the driver is
imported while a server starts.
"""
