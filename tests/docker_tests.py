"""Tests that need a Docker engine: told apart where there is none."""
