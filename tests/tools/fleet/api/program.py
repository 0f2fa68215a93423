"""A program that uses the REST API over HTTP, as any of the tests' users."""

from typing import Any

import httpx2
from sqlalchemy import Connection, select

from tests.tools.fleet.access.people import CLI
from tests.tools.fleet.api.served import Served
from tools.fleet.access import sessions, tokens
from tools.fleet.access.actor import Actor, Role
from tools.fleet.access.door import Door
from tools.fleet.access.oidc import Provider
from tools.fleet.api.app import api
from tools.fleet.open_store import OpenStore
from tools.fleet.schema import metadata
from tools.fleet.times import utc_now

TERMINAL = "JG-TEST-0001"
HOSTILE = "<script>alert(1)</script>'; DROP TABLE terminals; -- \U0001f4b3"
COOKIE = "jumpguard-session"


class Program:
    """Calls the API of `store`, which is served from `with` on. No cookie is kept from one call to the next."""

    def __init__(self, store: OpenStore, provider: Provider | None = None) -> None:
        self.store = store
        self.app = api(store, Door(store), provider=provider)
        self.served = Served(self.app)
        self._client = httpx2.Client(base_url=self.served.url, timeout=30)

    def __enter__(self) -> "Program":
        self.served.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()
        self.served.__exit__()

    def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, json: object = None, **more: Any
    ) -> httpx2.Response:
        """What is answered."""
        self._client.cookies.clear()
        return self._client.request(method, path, headers=headers, json=json, **more)

    def session(self, actor: Actor) -> dict[str, str]:
        """The headers of a new session of `actor`, with its CSRF text."""
        drawn = self.store.change(sessions.begin, actor.name)
        found = self.store.ask(sessions.find, drawn, utc_now())
        assert found is not None
        return {"Cookie": f"{COOKIE}={drawn}", "X-CSRF-Token": found.csrf}

    def token(self, actor: Actor, role: Role | None = None) -> dict[str, str]:
        """The headers of a new token of `actor`."""
        _, drawn = self.store.change(tokens.make, CLI, actor.name, "test", role or actor.role, 1)
        return {"Authorization": f"Bearer {drawn}"}

    def content(self, *but: str) -> dict[str, list[Any]]:
        """All that the store holds in its tables, but for those."""
        return self.store.ask(_content, but)


def _content(connection: Connection, but: tuple[str, ...]) -> dict[str, list[Any]]:
    named = {name: table for name, table in metadata.tables.items() if name not in but}
    return {name: [tuple(row) for row in connection.execute(select(table))] for name, table in named.items()}
