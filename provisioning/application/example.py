"""A file of applications to start from: every entry with its example."""

from provisioning.application.fields import ACCOUNT, FIELDS, PHOTOS
from provisioning.texts import _

KINDS = ("csv", "toml", "yaml")

# In a file a region and a category are best given by their digits.
_IN_FILES = {"region": "350102", "mcc": "5499", "licence": "", PHOTOS: ""}


def example(kind: str) -> str:
    """The text of an example file of `kind`, one of KINDS. It is taken as it is, of a merchant that does not exist."""
    values = {field.name: _IN_FILES.get(field.name, field.example) for field in FIELDS if field.asked}
    values[ACCOUNT] = values[ACCOUNT].replace(" ", "")
    if kind == "csv":
        values[PHOTOS] = ""
        return f"{','.join(values)}\n{','.join(values.values())}\n"
    sign = " = " if kind == "toml" else ": "
    lines = []
    for field in FIELDS:
        if not field.asked:
            continue
        value = values[field.name]
        comment = "" if value else "# "
        shown = value or field.example
        lines += [f"# {_(field.title)}: {_(field.hint)}", f'{comment}{field.name}{sign}"{shown}"']
    return "\n".join([*lines, f'# {PHOTOS}{sign}["licence.jpg", "shop.jpg"]', ""])
