"""What the hand can be asked: one JSON object a line, `{"do": "look"}`, answered by one of `{"ok": true, ...}` or
`{"ok": false, "code": ..., "error": ...}`. `alive` has no answer: it only says that somebody is still there.
"""

from typing import Annotated, Any, Literal

import msgspec


class Request(msgspec.Struct, forbid_unknown_fields=True, tag_field="do"):
    """Anything that can be asked; `do` names which."""


class Alive(Request, tag="alive"):
    """Whoever asks is still there."""


class Look(Request, tag="look"):
    """What this terminal is, and what is on it. Changes nothing."""


class Reader(Request, tag="reader"):
    """Open the card reader and ask for its chip's firmware."""


class Lights(Request, tag="lights"):
    """Light all lights and sound the buzzer, for a person to see and hear."""


class Case(Request, tag="case"):
    """Wait until the case is `wanted`, as the tamper switch tells, at most `within_s`."""

    wanted: Literal["open", "closed"]
    within_s: Annotated[float, msgspec.Meta(ge=0, le=600)]


class Reach(Request, tag="reach"):
    """Open a connection to `host` and `port`; with `authorities` (PEM) encrypted, and the other side's name checked."""

    host: str
    port: int
    authorities: str = ""


class Begin(Request, tag="begin"):
    """Write down how the terminal is: from here on it is put back unless there is a commit.

    Where it is to become the terminal `serial`, a journal that another serial left is set aside.
    """

    serial: str = ""


class RequestCertificate(Request, tag="request_certificate"):
    """Make the device key, if there is none, and the request for its certificate."""

    fleet: str
    terminal: str


class Write(Request, tag="write"):
    """Put `content` (base64) where `what` lies."""

    what: Literal["settings", "key_set", "servers", "certificate", "master_key", "release_root", "repository"]
    content: bytes


class MakeToken(Request, tag="make_token"):
    """Make the till's token here; it is told to nobody."""


class Take(Request, tag="take"):
    """Have the terminal prove the signed `binding` and take it into its store."""

    binding: dict[str, Any]


class Start(Request, tag="start"):
    """Enable the service, start it, and wait until it says that it is ready."""


class State(Request, tag="state"):
    """How the service is, and what the journal says behind entry `after`."""

    after: int = 0


class Till(Request, tag="till"):
    """Send a request of a till to the terminal's own API: `category` and `body` as nexo has them."""

    category: str
    service_id: str
    body: dict[str, Any]


class Examine(Request, tag="examine"):
    """Have the doctor look at everything (`provisioning.doctor`)."""


class Commit(Request, tag="commit"):
    """What was done counts, and the service has to run: it is started where it does not."""


class Record(Request, tag="record"):
    """What the terminal's own record says of it: state, binding, switches, what is not finished. Changes nothing."""


class Journal(Request, tag="journal"):
    """The journal's entries behind number `after`, as they were hashed, at most `most`."""

    after: int
    most: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Stop(Request, tag="stop"):
    """Stop the service, which lets a sale that is under way come to its end."""


class Acquirer(Request, tag="acquirer"):
    """Have the settings say where the acquirer is; all else in them stays."""

    host: str
    port: int
    tpdu: str


class Try(Request, tag="try"):
    """Have the stopped terminal prove the signed `binding` and sign on under it, without taking it."""

    binding: dict[str, Any]


class Clear(Request, tag="clear"):
    """Have the stopped terminal end its latch, lock or suspension."""

    why: str


class Retire(Request, tag="retire"):
    """Have the stopped terminal write down that its life is over."""

    why: str


class Destroy(Request, tag="destroy"):
    """Stop and disable the service and destroy every secret. There is no way back once this is written down."""


AnyRequest = (
    Alive
    | Look
    | Reader
    | Lights
    | Case
    | Reach
    | Begin
    | RequestCertificate
    | Write
    | MakeToken
    | Take
    | Start
    | State
    | Till
    | Examine
    | Commit
    | Record
    | Journal
    | Stop
    | Acquirer
    | Try
    | Clear
    | Retire
    | Destroy
)
