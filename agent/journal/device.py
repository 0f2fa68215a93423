"""The terminal's own signature under what it writes down for others: with its device key, which never leaves it."""

from agent.compat import Protocol


class Device(Protocol):
    """The device key, and the certificate that the operator's authority gave it."""

    def sign(self, data: bytes) -> "tuple[str, str]":
        """The certificate in PEM and the signature of `data` in hexadecimal; two empty texts where there is no key.

        Raises JournalError when there is a key and it cannot be used.
        """


class NoDevice:
    """A terminal whose link has no certificate: nothing says which terminal wrote what it sends but the topic."""

    def sign(self, data: bytes) -> "tuple[str, str]":  # noqa: ARG002 - there is nothing to sign it with
        """See `Device.sign`."""
        return "", ""
