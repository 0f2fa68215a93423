"""A command from the backend: which one it is, for how long it counts, and that the backend signed it."""

from agent.binding.ports import Keys
from agent.clock import is_utc_second, seconds_between
from agent.errors import RefusedMessageError
from agent.report.signed import read_signed
from agent.report.topics import Topics

FORMAT = "jumpguard.command/1"
COMMAND = "command"
_LONGEST_ID = 64


class Order:
    """The command `id` of a `type`, to begin before `deadline` (UTC). `counter` never falls."""

    def __init__(
        self, kind: str, name: str, counter: int, issued: str, deadline: str, args: "dict[str, object]", key_id: str
    ) -> None:
        self.type = kind
        self.id = name
        self.counter = counter
        self.issued = issued
        self.deadline = deadline
        self.args = args
        self.key_id = key_id

    @property
    def lasts_s(self) -> int:
        """Its time to live, from `issued` to `deadline`, in seconds."""
        return seconds_between(self.issued, self.deadline)

    @property
    def status_topic(self) -> str:
        """Where its status is said."""
        return "cmd/{}/{}/status".format(self.type, self.id)


def read_order(name: str, payload: bytes, topics: Topics, keys: Keys) -> Order:
    """Return the command that came on the topic `name`, once form, addressee, signature and topic are right.

    Raises RefusedMessageError.
    """
    texts = ("type", "id", "issued", "deadline")
    document = read_signed(COMMAND, FORMAT, payload, topics, keys, texts, ("counter",), ("args",))
    kind, ident = str(document["type"]), str(document["id"])
    if name != "cmd/{}/{}".format(kind, ident) or not 0 < len(ident) <= _LONGEST_ID:
        raise RefusedMessageError("{}: not the one that its topic names".format(COMMAND))
    issued, deadline = str(document["issued"]), str(document["deadline"])
    if not is_utc_second(issued) or not is_utc_second(deadline) or seconds_between(issued, deadline) <= 0:
        raise RefusedMessageError("{}: issued and deadline are no UTC times, one behind the other".format(COMMAND))
    counter, args = document["counter"], document["args"]
    assert isinstance(counter, int) and isinstance(args, dict)
    return Order(kind, ident, counter, issued, deadline, args, str(document["key_id"]))
