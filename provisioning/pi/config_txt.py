"""config.txt, which the firmware of a Raspberry Pi reads: what of it counts for a model, and adding to it.

One `property=value` a line, `#` before a comment, and `[filters]` that say for what hardware the lines below count. A
filter replaces one of its own kind, [all] ends every filter, [none] lets nothing through ("Conditional filters" in the
Raspberry Pi documentation). A person's own lines stay as they are: what is missing comes behind them, where it wins.
"""

from collections.abc import Sequence

from provisioning.pi.models import FILTERS, UART, Model

_MARK = "# JumpGuard: the NFC reader's UART on GPIO 14 and 15, as /dev/ttyAMA0"
# A filter of several models that this one is among, whatever its board.
_FAMILY = {Model.ZERO_2_W: ("pi0",)}
_MODEL_FILTERS = ("pi", "cm", "board-type=")
# Names that disable-bt had before.
_OLD_NAMES = {"dtoverlay=pi3-disable-bt": "dtoverlay=disable-bt", "dtparam=uart0": "dtparam=uart0=on"}


def effective(text: str, model: Model) -> list[str]:
    """The settings that count for `model`, in order, each as `property=value` without spaces around it."""
    found = []
    model_passes = other_passes = True
    for line in text.split("\n"):
        setting = line.strip()
        if setting.startswith("[") and setting.endswith("]"):
            name = setting[1:-1].strip().lower()
            if name == "all":
                model_passes = other_passes = True
            elif name.startswith(_MODEL_FILTERS):
                model_passes = name in (FILTERS[model], *_FAMILY.get(model, ()))
            else:
                other_passes = False
        elif setting and not setting.startswith("#") and model_passes and other_passes:
            found.append(_as_now(setting))
    return found


def with_uart(text: str, models: Sequence[Model]) -> str:
    """`text` with what gives each of `models` its UART; the same text where nothing is missing."""
    missing = [model for model in models if not _has_uart(text, model)]
    if not missing:
        return text
    end = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    lines = [_MARK, "[all]"]
    for model in missing:
        lines += [f"[{FILTERS[model]}]", *_base_scope(UART[model]), *UART[model]]
    gap = "" if not text or text.endswith("\n") else end
    return text + gap + "".join(line + end for line in [*lines, "[all]"])


def value(text: str, model: Model, name: str) -> str | None:
    """What `name` is set to for `model`; the last one counts. None where it is not set."""
    found = [setting.partition("=")[2] for setting in effective(text, model) if setting.partition("=")[0] == name]
    return found[-1] if found else None


def _has_uart(text: str, model: Model) -> bool:
    settings = effective(text, model)
    return all(_holds(settings, wanted) for wanted in UART[model])


def _holds(settings: list[str], wanted: str) -> bool:
    """Whether `wanted` is set and nothing behind it sets it otherwise; overlays add up."""
    name, _, setting = wanted.rpartition("=")
    if name == "dtoverlay":
        return any(one.split(",")[0] == wanted for one in settings)
    said = [one.rpartition("=")[2] for one in settings if one.rpartition("=")[0] == name]
    return bool(said) and said[-1] == setting


def _base_scope(settings: Sequence[str]) -> list[str]:
    """A dtparam behind a dtoverlay is that overlay's; an empty dtoverlay goes back to the board's own."""
    return ["dtoverlay="] if settings[0].startswith("dtparam=") else []


def _as_now(setting: str) -> str:
    name, equals, rest = setting.partition("=")
    plain = f"{name.strip()}{equals}{rest.strip()}"
    return _OLD_NAMES.get(plain, plain)
