"""`python -m tools.fleet`: the same as `jumpguard fleet`."""

from tools.cli.fleet import app

if __name__ == "__main__":
    app()
