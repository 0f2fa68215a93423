"""What the core needs of a link to the fleet, and of the machine that it reports."""

from agent.compat import Protocol

# A number that cannot be read; a text is "" then.
UNKNOWN = -1


class Link(Protocol):
    """One connection to an MQTT 3.1.1 broker at a time."""

    @property
    def round_trip_ms(self) -> int:
        """How long the broker last took to confirm a message that waited for no other one (PUBACK), or takes by now.

        -1 when none was confirmed yet on this connection.
        """

    @property
    def unconfirmed(self) -> int:
        """How many messages the broker has not confirmed yet."""

    async def connect(self, will: "tuple[str, bytes]", topics: "list[str]") -> None:
        """Connect with a retained QoS 1 last will, and subscribe to `topics` at QoS 0. Raises LinkError."""

    async def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """Hand one QoS 1 message to the connection, in order. Raises LinkError when it is down."""

    async def receive(self) -> "tuple[str, bytes]":
        """The next message that came down. Raises LinkError once the connection has ended."""

    async def disconnect(self) -> None:
        """End the connection; harmless when there is none. What was published before is sent first where it can be."""


class Say(Protocol):
    """How whoever has something to say to the fleet says it."""

    async def __call__(self, name: str, payload: bytes, retain: bool) -> None:
        """Publish on this terminal's topic `name`; lost without a connection, so it must be sayable again."""


class Receiver(Protocol):
    """Who hears a part of what comes down. `subscription` is its topic below the terminal's own, wildcards allowed."""

    subscription: str

    def birth(self) -> "list[tuple[str, bytes]]":
        """What is said, retained, when a connection begins: names of topics and payloads."""

    async def heard(self, name: str, payload: bytes) -> None:
        """A message came on the topic `name`; it may come twice, late, or from anybody. Must not take long.

        Raises RefusedMessageError when it is not to be acted upon.
        """


class Machine(Protocol):
    """The machine that the agent runs on, as it is reported."""

    boot_id: str

    def info(self) -> "dict[str, object]":
        """What changes seldom: `hardware`, `software`, `python` and `certificate_expiry` (UTC, "" without one)."""

    def vitals(self) -> "dict[str, object]":
        """The readings of now, under fixed keys with their units in the names; takes a few milliseconds at most.

        The core itself reads `uptime_s` and `process_uptime_s`, and the counts `reader_cards`, `reader_card_gone` and
        `reader_faults`, which only grow.
        """
