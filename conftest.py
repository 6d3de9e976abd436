"""Wires the project's own tests together; what it holds is in the modules that it names."""

pytest_plugins = ["pytester", "tests.needs", "tests.quick"]
