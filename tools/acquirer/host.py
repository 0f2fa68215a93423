"""What the simulated acquirer decides: who may sign on, what is booked, what is reversed, and the answer to each.

Layout of the answers: UnionPay POS specification, as far as this simulator defines it:

* 0810: DE 11, 12, 13, 32, 37, 39, 41, 42, 60, and 62 with the working keys when DE 39 is 00;
* 0210: DE 3, 4, 11, 12, 13, 32, 37, 38 when approved, 39, 41, 42, 43 when the terminal has a name, 49, 60, 64;
* 0410: DE 3, 4, 11, 12, 13, 32, 37, 39, 41, 42, 60, 64.

DE 64 is under the MAC key of the terminal's last sign-on, also when DE 39 is A0. A terminal that never signed on since
the simulator started has no key, so its A0 carries no DE 64; nor does the 97 of an unknown terminal.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tools.acquirer import mac, wire
from tools.acquirer.behaviours import REVERSAL, SALE, SIGN_ON, BadKeys, BadMac, Behaviour, Decline, ExpireKeys, LeaveOut
from tools.acquirer.keys import WorkingKeys
from tools.acquirer.ledger import APPROVED, DECLINED, Charge, Ledger, Row
from tools.acquirer.terminals import Terminal, Terminals
from tools.acquirer.wire import Message, Value

# DE 39 (UnionPay POS specification; ISO 8583:1987, 4.4.16)
APPROVED_CODE = "00"
INVALID_MERCHANT = "03"
INVALID_TRANSACTION = "12"
INVALID_AMOUNT = "13"
INVALID_CARD = "14"
NO_ORIGINAL = "25"
FORMAT_ERROR = "30"
DUPLICATE_TRACE = "94"
UNKNOWN_TERMINAL = "97"
MAC_ERROR = "A0"

# The acquirer's day: DE 12, DE 13 and the date in DE 61. China has no summer time.
ACQUIRER_ZONE = timezone(timedelta(hours=8))

_PURCHASE = "000000"
_ECHOED = {SALE: (3, 4, 11, 41, 42, 49, 60), REVERSAL: (3, 4, 11, 41, 42, 60), SIGN_ON: (11, 41, 42, 60)}
_ANSWER_TYPE = {SALE: "0210", REVERSAL: "0410", SIGN_ON: "0810"}
_REQUIRED = {
    SALE: (3, 4, 11, 22, 25, 35, 41, 42, 49, 55, 60),
    REVERSAL: (3, 4, 11, 22, 25, 39, 41, 42, 49, 60, 61),
    SIGN_ON: (11, 41, 42, 60, 63),
}
# A reversal names its original by batch, trace and date: card data has no business in it.
_FORBIDDEN = {SALE: (), REVERSAL: (2, 14, 35, 36, 52, 55), SIGN_ON: ()}
# DE 60: transaction type 2, batch 6, network management code 3, and more that is not looked at.
_TYPE, _BATCH, _NETWORK_CODE = slice(0, 2), slice(2, 8), slice(8, 11)
_SIGN_ON_TYPE = "00"
# Two double-length working keys, PIK and MAK.
_SIGN_ON_CODE = "003"
# DE 61: original batch 6, trace 6, date MMDD.
_ORIGINAL_DIGITS = 16
_SHORTEST_PAN, _LONGEST_PAN = 13, 19


@dataclass
class Session:
    """The keys that a terminal got at its last sign-on; expired ones still seal answers, but open nothing."""

    keys: WorkingKeys
    expired: bool = False


class Host:
    """Answers messages; keeps the working keys in memory and everything about money in `ledger`."""

    def __init__(self, terminals: Terminals, ledger: Ledger) -> None:
        self._terminals = terminals
        self._ledger = ledger
        self._sessions: dict[str, Session] = {}
        self._handlers: dict[str, Callable[[Message, dict[int, Value], Behaviour], str]] = {
            SALE: self._sale,
            REVERSAL: self._reverse,
            SIGN_ON: self._sign_on,
        }

    def knows(self, mti: str) -> bool:
        """Whether messages of type `mti` are answered."""
        return mti in self._handlers

    def signed_on(self) -> list[str]:
        """The TIDs whose keys are good."""
        return sorted(tid for tid, session in self._sessions.items() if not session.expired)

    def answer(self, request: Message, received: bytes, behaviour: Behaviour, number: int) -> Message:
        """Act on `request`, whose bytes are `received`, and return the answer without DE 64.

        What is booked is committed when this returns. `number` makes the reference number (DE 37).
        """
        fields = self._skeleton(request, number)
        behaviour.alter(fields)
        session = self._sessions.get(request.text(41))
        if isinstance(behaviour, ExpireKeys) and session:
            session.expired = True
        refusal = self._refusal(request, received)
        fields[39] = refusal or self._handlers[request.mti](request, fields, behaviour)
        behaviour.strip(fields)
        return Message(_ANSWER_TYPE[request.mti], fields)

    def seal(self, answer: Message, tid: str, behaviour: Behaviour) -> bytes:
        """The bytes of `answer` for terminal `tid`, with DE 64 where the type has one and the terminal has a key."""
        session = self._sessions.get(tid)
        bare = isinstance(behaviour, LeaveOut) and 64 in behaviour.numbers
        if answer.mti == _ANSWER_TYPE[SIGN_ON] or session is None or bare:
            return wire.encode(answer)
        unsealed = wire.encode(Message(answer.mti, {**answer.fields, 64: bytes(mac.MAC_BYTES)}))[: -mac.MAC_BYTES]
        code = mac.mac(session.keys.mak, unsealed)
        if isinstance(behaviour, BadMac):
            code = (b"1" if code.startswith(b"0") else b"0") + code[1:]
        return unsealed + code

    def _skeleton(self, request: Message, number: int) -> dict[int, Value]:
        """What every answer says: the echo, the acquirer's time and code, a reference, and the merchant's name."""
        now = datetime.now(ACQUIRER_ZONE)
        fields = {element: request.fields[element] for element in _ECHOED[request.mti] if element in request.fields}
        fields[12] = f"{now:%H%M%S}"
        fields[13] = f"{now:%m%d}"
        fields[32] = self._terminals.acquirer
        fields[37] = f"{now:%m%d}{number % 10**8:08d}"
        terminal = self._terminals.by_tid.get(request.text(41))
        if request.mti == SALE and terminal and terminal.name:
            fields[43] = terminal.name
        return fields

    def _refusal(self, request: Message, received: bytes) -> str:
        """DE 39 of a message that is not from a terminal in order, or not complete; "" when it is."""
        terminal = self._terminals.by_tid.get(request.text(41))
        if terminal is None:
            return UNKNOWN_TERMINAL
        if request.mti != SIGN_ON and not self._is_authentic(request, received):
            return MAC_ERROR
        return self._fault(request, terminal)

    def _fault(self, request: Message, terminal: Terminal) -> str:
        present = request.fields.keys()
        if not present >= set(_REQUIRED[request.mti]) or present & set(_FORBIDDEN[request.mti]):
            return FORMAT_ERROR
        if len(request.text(60)) < _NETWORK_CODE.stop:
            return FORMAT_ERROR
        return "" if request.text(42) == terminal.mid else INVALID_MERCHANT

    def _is_authentic(self, request: Message, received: bytes) -> bool:
        session = self._sessions.get(request.text(41))
        return (
            session is not None
            and not session.expired
            and 64 in request.fields
            and mac.is_right(session.keys.mak, received)
        )

    def _sign_on(self, request: Message, fields: dict[int, Value], behaviour: Behaviour) -> str:
        network = request.text(60)
        if network[_TYPE] != _SIGN_ON_TYPE or network[_NETWORK_CODE] != _SIGN_ON_CODE:
            return FORMAT_ERROR
        if isinstance(behaviour, Decline):
            return behaviour.code
        keys = WorkingKeys.fresh()
        self._sessions[request.text(41)] = Session(keys)
        block = keys.under(bytes.fromhex(self._terminals.by_tid[request.text(41)].tmk))
        fields[62] = block[:-1] + bytes([block[-1] ^ 0xFF]) if isinstance(behaviour, BadKeys) else block
        return APPROVED_CODE

    def _sale(self, request: Message, fields: dict[int, Value], behaviour: Behaviour) -> str:
        card = masked_pan(request.text(35))
        fault = self._sale_fault(request, card)
        if fault:
            return fault
        declined = isinstance(behaviour, Decline)
        code = behaviour.code if isinstance(behaviour, Decline) else APPROVED_CODE
        approval = "" if declined else f"{secrets.randbelow(10**6):06d}"
        self._ledger.book(_charge(request, fields, card, approval, code))
        if approval:
            fields[38] = approval
        return code

    def _sale_fault(self, request: Message, card: str) -> str:
        if request.text(3) != _PURCHASE:
            return INVALID_TRANSACTION
        if not int(request.text(4)):
            return INVALID_AMOUNT
        if not card:
            return INVALID_CARD
        earlier = self._ledger.find(request.text(41), request.text(60)[_BATCH], request.text(11))
        return DUPLICATE_TRACE if earlier else ""

    def _reverse(self, request: Message, _fields: dict[int, Value], behaviour: Behaviour) -> str:
        if len(request.text(61)) != _ORIGINAL_DIGITS:
            return FORMAT_ERROR
        if isinstance(behaviour, Decline):
            return behaviour.code
        original = self._original(request)
        if original is None:
            return NO_ORIGINAL
        # Nothing stands after this either way: a declined or reversed charge stays what it is.
        self._ledger.reverse(int(original["id"]))
        return APPROVED_CODE

    def _original(self, request: Message) -> Row | None:
        batch, trace, date = request.text(61)[:6], request.text(61)[6:12], request.text(61)[12:]
        charge = self._ledger.find(request.text(41), batch, trace)
        if charge is None or charge["amount"] != int(request.text(4)):
            return None
        return charge if date in _dates_around(str(charge["at"])) else None


def masked_pan(track2: str) -> str:
    """First 6 and last 4 of the PAN before the separator of `track2`, stars between; "" when there is no PAN."""
    pan, separator, _ = track2.partition("D")
    if not separator or not _SHORTEST_PAN <= len(pan) <= _LONGEST_PAN:
        return ""
    return pan[:6] + "*" * (len(pan) - 10) + pan[-4:]


def _charge(request: Message, fields: dict[int, Value], card: str, approval: str, code: str) -> Charge:
    """The sale `request` booked under the merchant that the answer's `fields` name."""
    return Charge(
        terminal=request.text(41),
        acquirer=str(fields[32]),
        mid=str(fields[42]),
        tid=str(fields[41]),
        batch=request.text(60)[_BATCH],
        trace=request.text(11),
        amount=int(request.text(4)),
        currency=request.text(49),
        card=card,
        rrn=str(fields[37]),
        approval=approval,
        response_code=code,
        state=APPROVED if approval else DECLINED,
    )


def _dates_around(at: str) -> set[str]:
    """MMDD of the day of `at`, and of its neighbours: around midnight the terminal's clock may show the other day."""
    day = datetime.fromisoformat(at).astimezone(ACQUIRER_ZONE)
    return {f"{day + timedelta(days=shift):%m%d}" for shift in (-1, 0, 1)}
