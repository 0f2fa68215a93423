"""The settings that the fleet may change from afar: each with its check, and where it takes effect."""

from agent.compat import Protocol

SETTING_FIXED = "SETTING_FIXED"
SETTING_INVALID = "SETTING_INVALID"


class Check(Protocol):
    """Whether a value is one."""

    def __call__(self, value: object) -> bool:
        """True when `value` may be set."""


class Apply(Protocol):
    """Where a value takes effect."""

    def __call__(self, value: object) -> None:
        """Let `value`, which was checked, take effect."""


class Settable:
    """One setting. `default` is the value of the terminal's own file, which counts when the fleet names none."""

    def __init__(self, default: object, check: Check, apply: Apply) -> None:
        self.default = default
        self.check = check
        self.apply = apply


def flat(sections: "dict[str, object]") -> "dict[str, object]":
    """The values of `sections` by `section.key`; a section that is no object stands under its own name."""
    values: "dict[str, object]" = {}
    for section, keys in sections.items():
        if isinstance(keys, dict):
            for key, value in keys.items():
                values["{}.{}".format(section, key)] = value
        else:
            values[section] = keys
    return values


def fault(values: "dict[str, object]", settable: "dict[str, Settable]") -> "tuple[str, str]":
    """The code of what is wrong with `values`, and which one it is; two empty texts when nothing is."""
    for name, value in values.items():
        if name not in settable:
            return SETTING_FIXED, "{} cannot be set from afar".format(name[:80])
        if not settable[name].check(value):
            return SETTING_INVALID, "{}: not a value of this setting".format(name)
    return "", ""


def apply(values: "dict[str, object]", settable: "dict[str, Settable]") -> None:
    """Let `values` take effect, and the file's own where they name none."""
    for name, setting in settable.items():
        setting.apply(values.get(name, setting.default))
