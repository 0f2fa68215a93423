"""A configuration that a person orders: a binding that the acquirer's desk signed, settings, or both."""

from sqlalchemy import Connection, select

from agent.binding.record import parse
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.audit import note
from tools.fleet.errors import MissingError, OrderError
from tools.fleet.orders import desire
from tools.fleet.tables import terminals

PARTS = ("document", "key_id", "signature")


def configure(
    connection: Connection,
    actor: Actor,
    terminal: str,
    binding: dict[str, object] | None,
    settings: dict[str, object] | None,
) -> int:
    """Order that `terminal` shall have them; returns the version. The caller commits.

    The terminal proves the signature: the backend has no key for that, and relays what the desk signed. Raises
    ForbiddenError, MissingError for a terminal that was never heard, OrderError or BindingError for what is no binding.
    """
    actor.must_be(Role.OPERATOR)
    if connection.execute(select(terminals.c.terminal).where(terminals.c.terminal == terminal)).first() is None:
        raise MissingError(f"terminal {terminal}: the backend never heard of it")
    document: dict[str, object] = {}
    if binding is not None:
        document["binding"] = signed_binding(binding, terminal)
    if settings is not None:
        document["settings"] = settings
    if not document:
        raise OrderError("configuration: it has neither a binding nor settings")
    version = desire(connection, terminal, document)
    # Whose binding it is stays in the signed record; here is which one.
    digest = {} if binding is None else {"key_id": binding["key_id"], "signature": binding["signature"]}
    note(connection, actor, "configuration.order", terminal, version=version, settings=settings or {}, binding=digest)
    return version


def signed_binding(signed: dict[str, object], terminal: str) -> dict[str, object]:
    """`signed` when it is a signed binding of `terminal`. Raises OrderError or BindingError."""
    document = signed.get("document")
    if sorted(signed) != sorted(PARTS) or not isinstance(document, dict):
        raise OrderError(f"binding: no signed binding of {', '.join(PARTS)}; have it issued again")
    if not all(isinstance(signed[part], str) and len(str(signed[part])) <= 256 for part in PARTS[1:]):
        raise OrderError("binding: key_id and signature are texts; have it issued again")
    serial = parse(document).serial
    if serial != terminal:
        raise OrderError(f"binding: it is for {serial}, not for {terminal}")
    return signed
