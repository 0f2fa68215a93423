"""The till's side: the local API before the counter."""

import ssl
from collections.abc import Awaitable, Callable

from agent.adapters.local_api import LocalApi
from agent.sale.counter import Counter
from board.private_file import secret
from board.settings.api import ApiSettings
from board.version import VERSION


def local_api(settings: ApiSettings, counter: Counter, health: Callable[[], Awaitable[dict[str, object]]]) -> LocalApi:
    """The API by which tills reach `counter`, and hear of its `health` who ask for that.

    Raises SettingsError for a token or a certificate that cannot be used.
    """
    return LocalApi(
        counter,
        settings.host,
        settings.port,
        settings.names,
        settings.connections,
        _tls(settings),
        secret(settings.token_file, "bearer token"),
        VERSION,
        health,
    )


def _tls(settings: ApiSettings) -> ssl.SSLContext | None:
    if settings.certificate_file is None or settings.key_file is None:
        return None
    # Here and not above: a terminal without a certificate saves the memory of X.509.
    from agent.adapters.tls import server_context

    secret(settings.key_file, "certificate's key")
    return server_context(settings.certificate_file, settings.key_file)
