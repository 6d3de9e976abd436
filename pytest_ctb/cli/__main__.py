"""`python -m pytest_ctb.cli`, where no script is installed."""

from pytest_ctb.cli import main

if __name__ == "__main__":
    main()
