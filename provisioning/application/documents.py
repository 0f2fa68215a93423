"""What stands in a TOML, YAML or CSV file of applications: rows of texts by column, before any is checked."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from provisioning.application import csv_table, tidy
from provisioning.application.columns import headings
from provisioning.application.text_file import read
from provisioning.errors import ApplicationError
from provisioning.texts import _

# Some of what yaml says quotes the line.
_NUMBER = re.compile(r"\d{6}")

KINDS = (".toml", ".yaml", ".yml", ".csv")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file, each with its number in the file, and what was made of the file."""

    rows: list[tuple[int, dict[str, str]]]
    notes: list[str] = field(default_factory=list)
    # Whether `number` counts lines of a table, or applications.
    table: bool = False


def rows_of(path: Path) -> Rows:
    """What stands in `path`, whose name ends in one of KINDS. Raises ApplicationError."""
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise ApplicationError(
            _("{path}: not one of {kinds}, nor an application to go on with").format(path=path, kinds=" ".join(KINDS))
        )
    text, notes = read(path)
    try:
        if kind == ".csv":
            found, more = csv_table.rows_of(text, headings(), "jumpguard provision example --kind csv")
            return Rows(found, notes + more, table=True)
        # As text: digits of a rate are not to become a binary fraction.
        content = tomllib.loads(text, parse_float=str) if kind == ".toml" else yaml.load(text, _Texts)  # noqa: S506
    except (tomllib.TOMLDecodeError, yaml.YAMLError, csv_table.TableError) as error:
        raise ApplicationError(f"{path}: {_said(error)}") from None
    except RecursionError:
        raise ApplicationError(_("{path}: nested too deeply").format(path=path)) from None
    return Rows([(number, _row(path, number, one)) for number, one in enumerate(_listed(content), 1)], notes)


def _said(error: Exception) -> str:
    """Where and what, without the line itself, in which an account may stand."""
    if (
        isinstance(error, yaml.MarkedYAMLError)
        and error.problem_mark is not None
        and not _NUMBER.search(str(error.problem))
    ):
        return _("line {line}, column {column}: {what}").format(
            line=error.problem_mark.line + 1, column=error.problem_mark.column + 1, what=error.problem or error.context
        )
    return str(error) if not isinstance(error, yaml.YAMLError) else _("this is no YAML")


def _listed(content: Any) -> list[Any]:
    """One application, a list of them, or a list under the name `application`."""
    if isinstance(content, dict) and isinstance(content.get("application"), list) and len(content) == 1:
        content = content["application"]
    return content if isinstance(content, list) else [content]


def _row(path: Path, number: int, one: Any) -> dict[str, str]:
    if not isinstance(one, dict):
        raise ApplicationError(
            _("{path}: application {number} is no list of entries with their values").format(path=path, number=number)
        )
    row = {}
    for name, value in one.items():
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            value = ";".join(value)
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise ApplicationError(
                _("{path}: application {number}, {name}: write the value in quotes").format(
                    path=path, number=number, name=tidy.quoted(str(name))
                )
            )
        row[str(name)] = str(value)
    return row


class _Texts(yaml.BaseLoader):
    """Every value is the text that stands there: as a number, 01234567 would be an octal one. Tags make nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As yaml's, but a name that stands there twice is an error."""
        made = super().construct_mapping(node, deep)
        if len(made) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, _("an entry stands there twice"), node.start_mark)
        return made
