"""What stands on a hand-over sheet, in its order: sections of cells, each with its label in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.sale.money import CURRENCIES, major_units
from provisioning.handover.facts import Check, Facts, TestSale
from provisioning.handover.lines import brief, plain
from provisioning.texts import CHINESE, mark, said_in

TITLE = mark("Terminal hand-over")
CHECKED = mark("What was checked")
MERCHANT_SIGNS = mark("Merchant: I received the terminal as described here.")
TECHNICIAN_SIGNS = mark("Technician: I installed the terminal as described here.")
SIGNATURE = mark("Signature, date")
IN_ORDER = mark("Everything was checked and is in order.")
NOT_IN_ORDER = mark("Not everything is in order: see what is marked.")
PROTOTYPE = mark("A prototype terminal: for test cards and simulated acquirers only.")

COLUMNS = 12
# The sign before a check.
SIGNS = {"ok": "✓", "warning": "!", "problem": "✗", "unknown": "?"}
_NONE = "—"
_CURRENCIES = {number: letters for letters, number in CURRENCIES.items()}


@dataclass(frozen=True, slots=True)
class Cell:
    """A fact: its label in English, its value as it is shown, and how many of COLUMNS it takes on a page."""

    label: str
    value: str
    columns: int


@dataclass(frozen=True, slots=True)
class Section:
    """Cells under a title; a row of a page is full at COLUMNS."""

    title: str
    cells: tuple[Cell, ...]


def both(text: str) -> str:
    """`text` in English and Chinese."""
    return f"{text}  {said_in(CHINESE, text)}"


def sections(facts: Facts) -> tuple[Section, ...]:
    """Everything on the sheet but its head, the checks and the signatures."""
    return (
        Section(mark("Merchant"), tuple(_merchant(facts))),
        Section(mark("Acquirer"), tuple(_acquirer(facts))),
        Section(mark("Terminal"), tuple(_terminal(facts))),
        Section(mark("Test sale"), tuple(_sale(facts))),
        Section(mark("Evidence"), tuple(_journal(facts))),
    )


def in_order(facts: Facts) -> bool:
    """Whether nothing is left to do: a test sale was approved, the backend knows of it, and no check says otherwise."""
    sold = facts.sale is not None and facts.sale.approved
    return sold and facts.acknowledged and all(check.level == "ok" for check in facts.checks)


def local(facts: Facts, utc: str) -> str:
    """The time `utc` in the merchant's zone, to the minute, with how far that is from UTC."""
    zoned = datetime.fromisoformat(utc).astimezone(ZoneInfo(facts.bound.timezone))
    return zoned.isoformat(sep=" ", timespec="minutes")


def check_line(check: Check) -> str:
    """What was checked, in both languages, and what was found."""
    said = f"{brief(check.english, 60)}  {brief(check.chinese, 60)}"
    return f"{said}: {brief(check.detail, 60)}" if check.detail else said


def _merchant(facts: Facts) -> Iterator[Cell]:
    binding = facts.bound
    yield Cell(mark("Shop name"), plain(binding.name), 6)
    yield Cell(mark("Legal name"), brief(facts.legal_name) or _NONE, 6)
    yield Cell(mark("Unified social credit code"), binding.uscc, 6)
    yield Cell(mark("Merchant category (MCC)"), f"{binding.mcc} {brief(facts.category)}".strip(), 6)
    address = f"{brief(facts.place) or binding.region} {plain(binding.address)}"
    yield Cell(mark("Installation address"), address, 8)
    yield Cell(mark("Settlement account"), f"…{binding.account_last4}", 4)


def _acquirer(facts: Facts) -> Iterator[Cell]:
    binding = facts.bound
    debit = f"{major_units(binding.fees['debit_basis_points'])} %"
    if cap := binding.fees["debit_cap"]:
        debit = f"{debit}, ≤ {_money(facts, cap)}"
    yield Cell(mark("Merchant number (MID)"), binding.mid, 4)
    yield Cell(mark("Terminal number (TID)"), binding.tid, 4)
    yield Cell(mark("Acquirer code"), binding.acquirer, 4)
    yield Cell(mark("Limit of one payment"), _money(facts, binding.limit), 4)
    yield Cell(mark("Credit card rate"), f"{major_units(binding.fees['credit_basis_points'])} %", 4)
    yield Cell(mark("Debit card rate"), debit, 4)


def _terminal(facts: Facts) -> Iterator[Cell]:
    binding = facts.bound
    yield Cell(mark("Hardware"), brief(facts.hardware) or _NONE, 8)
    yield Cell(mark("Software"), brief(facts.software) or _NONE, 4)
    yield Cell(mark("Binding version"), str(binding.version), 4)
    yield Cell(mark("Valid from"), local(facts, binding.valid_from), 4)
    yield Cell(mark("Valid until"), local(facts, binding.valid_to), 4)
    yield Cell(mark("Address for tills"), brief(facts.till) or _NONE, 8)
    yield Cell(mark("Certificate ends"), local(facts, facts.certificate_end), 4)
    yield Cell(mark("Certificate, SHA-256"), _groups(facts.certificate), 12)


def _sale(facts: Facts) -> Iterator[Cell]:
    if facts.sale is None:
        yield Cell(mark("Result"), _open(mark("None was made")), 12)
        return
    yield Cell(mark("Amount"), _money(facts, facts.sale.amount), 4)
    yield Cell(mark("Card"), facts.sale.card, 4)
    yield Cell(mark("Reference (DE 37)"), brief(facts.sale.reference, 20) or _NONE, 4)
    yield Cell(mark("Trace (DE 11)"), facts.sale.trace, 4)
    yield Cell(mark("Result"), _result(facts.sale), 8)


def _result(sale: TestSale) -> str:
    said = both(mark("Approved")) if sale.approved else _open(mark("Not approved"))
    if sale.code:
        said = f"{said} ({brief(sale.code, 40)})"
    reversed_after = both(mark("reversed"))
    return f"{said}, {reversed_after}" if sale.reversed else said


def _journal(facts: Facts) -> Iterator[Cell]:
    acknowledged = both(mark("yes")) if facts.acknowledged else _open(mark("no"))
    yield Cell(mark("Journal's number"), brief(facts.journal_id), 6)
    yield Cell(mark("Acknowledged by the backend"), acknowledged, 6)
    yield Cell(mark("Head of the journal"), _groups(facts.head), 12)


def _open(text: str) -> str:
    """`text` in both languages, marked as something that is not in order."""
    return f"{SIGNS['warning']} {both(text)}"


def _money(facts: Facts, minor: int) -> str:
    whole, _point, fraction = major_units(minor).partition(".")
    currency = _CURRENCIES.get(facts.bound.currency, facts.bound.currency)
    return f"{currency} {int(whole):,}.{fraction}"


def _groups(digits: str) -> str:
    """A hash as two people compare it, eight digits at a time."""
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))
