"""Migrations that a tool keeps as code: run the command that prints their SQL, and two such commands of ours."""
