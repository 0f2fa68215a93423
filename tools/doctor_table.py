"""The README's table of what the doctor looks at, made from its checks."""

import inspect

from provisioning.doctor.examine import CHECKS


def table() -> str:
    """The table in Markdown: each check by its name, and what is so where it is well."""
    rows = ["| check | all is well when |", "|---|---|"]
    rows += [f"| `{check.name}` | {' '.join(inspect.cleandoc(check.look.__doc__ or '').split())} |" for check in CHECKS]
    return "\n".join(rows) + "\n"
