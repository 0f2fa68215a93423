"""The one tree of errors of the agent. A message names the thing, the value and the remedy, and never card data.

Single inheritance only: MicroPython cannot mix two built-in exceptions in one class.
"""

# Shorter than the shortest card number; what is longer shows the six characters that may be shown of one.
_LONGEST_QUOTED = 11
_SHOWN = 6


def quoted(text: str) -> str:
    """`text` from outside as an error may show it: whole where it cannot be a card number, else its beginning."""
    letters = len(text) <= 3 * _LONGEST_QUOTED and all("A" <= c <= "Z" or "a" <= c <= "z" for c in text)
    return repr(text) if letters or len(text) <= _LONGEST_QUOTED else "{!r}...".format(text[:_SHOWN])


class JumpGuardError(Exception):
    """Any error that the agent raises on purpose."""


class CanonicalError(JumpGuardError):
    """A value has no canonical bytes: it is of a type, size or key that the journal and the signatures do not admit."""


class BindingError(JumpGuardError):
    """A merchant record cannot be taken: it is malformed, not vouched for, another terminal's, or not a newer one.

    `code` is the gate's reason code for it.
    """

    def __init__(self, message: str, code: str = "BINDING_MALFORMED") -> None:
        super().__init__(message)
        self.code = code


class KeySetError(JumpGuardError):
    """A key set is malformed, for another fleet, or not signed by the operator root."""


class StoreError(JumpGuardError):
    """The store of the merchant record cannot be used as it is; `code` is the gate's reason code for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AmountError(JumpGuardError):
    """An amount is not a plain positive decimal of at most two decimals and twelve digits."""


class TlvError(JumpGuardError):
    """BER-TLV data from a card does not parse (EMV Book 3, annex B)."""


class CardError(JumpGuardError):
    """The card cannot pay here; `code` names why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CardGoneError(CardError):
    """The card left the field, or the radio link to it broke, before everything was read."""

    def __init__(self, message: str) -> None:
        super().__init__("CARD_REMOVED", message)


class ReaderError(JumpGuardError):
    """The NFC reader itself failed: it is not there, does not answer, or answers nonsense."""


class AcquirerError(JumpGuardError):
    """The acquirer cannot be used now."""


class AcquirerUnreachableError(AcquirerError):
    """No connection could be made, or nothing of the message left: the acquirer cannot have acted on it."""


class AcquirerLostError(AcquirerError):
    """The connection ended after a message may have left: what the acquirer did with it is unknown."""


class AcquirerTimeoutError(AcquirerError):
    """No message came within the time allowed: what the acquirer did is unknown."""


class MessageError(AcquirerError):
    """Bytes from or for the acquirer are not a message of the layout (ISO 8583:1987 in the UnionPay POS flavour)."""


class SignOnRefusedError(AcquirerError):
    """The acquirer refused the sign-on, or its working keys do not check; `code` is DE 39 where there is one."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class JournalError(JumpGuardError):
    """The journal cannot be read or written; nothing may be done that it does not record."""


class LinkError(JumpGuardError):
    """The link to the fleet is down or was refused."""


class RefusedMessageError(JumpGuardError):
    """A message from the fleet is not one to act upon: malformed, forged, for another terminal, old, or repeated."""


class SettingsError(JumpGuardError):
    """The settings do not parse: section, key, value and remedy are named."""


class UpdateError(JumpGuardError):
    """What the terminal has to say about a release, or the trial of one, cannot be written down."""


class BusyError(JumpGuardError):
    """Another sale is under way; one terminal takes one at a time."""


class NoSuchSaleError(JumpGuardError):
    """No sale of that name is in the journal."""


class ReversalRefusedError(JumpGuardError):
    """There is no unresolved reversal of that sale, or not of that amount."""


class RequestError(JumpGuardError):
    """A till's request is not one, or gives a known id another content."""


class CertificateError(JumpGuardError):
    """No certificate for the link can be asked for, or the one that came is not taken; `code` names why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
