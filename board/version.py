"""The version of this software, which `pyproject.toml` takes from here.

Not asked of the installed package: `importlib.metadata` takes 0.8 MiB of a terminal's memory to tell one line.
"""

VERSION = "0.1.0"
