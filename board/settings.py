"""The settings of one terminal: a TOML file, checked whole. Unknown keys are refused with their section and name.

Every key says beside its type what it means, its unit, and why its default is what it is; `jumpguard settings explain`
shows that. A key without a default is required.
"""

import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import msgspec

from agent.sale.same_card import WARN
from board.alarm_settings import AlarmSettings
from board.endpoint import Endpoint, endpoint
from board.errors import SettingsError
from board.kinds import (
    Connections,
    Days,
    Device,
    Explained,
    File,
    Folder,
    Host,
    HostNames,
    HostPorts,
    KeepAlive,
    ListeningPort,
    Lookback,
    MadeFolder,
    MarkFile,
    Milliseconds,
    Name,
    OptionalFile,
    OptionalSecretFile,
    Port,
    PublicKey,
    Retention,
    SameCardPolicy,
    Seconds,
    SecretFile,
    Section,
    Serial,
    Space,
    Switch,
    Switches,
    Tpdu,
    mark,
)

NOT_TOGETHER = mark("ca_file, certificate_file and key_file belong together: set all three, or none")
NOT_ENCRYPTED = mark(
    "the link is not encrypted, and host is another machine: set ca_file, certificate_file and key_file"
)

OTHERS_NOT_ENCRYPTED = mark(
    "the link is not encrypted, and one of others is another machine: set ca_file, certificate_file and key_file"
)


class TerminalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who the terminal is."""

    serial: Annotated[
        Serial,
        Explained(
            mark("The terminal's name everywhere: in its topics and in its binding."),
            mark("Each terminal has its own: two of one name would push each other off the broker."),
        ),
    ]
    fleet: Annotated[
        Name,
        Explained(
            mark("The fleet that the terminal reports to; a part of its topics."),
            mark("Only the operator knows it: a guess would report to somebody else."),
        ),
    ]
    state_dir: Annotated[
        MadeFolder,
        Explained(
            mark("Holds the merchant record, its high-water mark and the journal; made when it is not there."),
            mark("It belongs on a disk that survives a power cut, and which one that is differs by machine."),
        ),
    ]


class ReaderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contactless reader."""

    port: Annotated[
        Device,
        Explained(
            mark("The serial port that the PN532 HAT is strapped to."),
            mark("The Raspberry Pi's full UART: unlike the mini UART it keeps its rate when the core clock changes."),
        ),
    ] = "/dev/ttyAMA0"
    poll_ms: Annotated[
        Milliseconds,
        Explained(
            mark("The pause between two looks for a card."),
            mark("Too short for who taps a card to notice, long enough to leave the processor idle in between."),
        ),
    ] = 100
    card_timeout_ms: Annotated[
        Milliseconds,
        Explained(
            mark("How long a sale waits for a card."),
            mark("Enough to find a card in a bag; after that the counter is free for the next customer."),
        ),
    ] = 60_000


class AcquirerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The acquirer, and how long it is waited for."""

    host: Annotated[
        Host,
        Explained(mark("Where the acquirer's host is."), mark("The acquirer says it; payments go nowhere by default.")),
    ]
    port: Annotated[
        Port, Explained(mark("The port of the acquirer's host."), mark("The acquirer says it; none is customary."))
    ]
    tpdu: Annotated[
        Tpdu,
        Explained(
            mark("What the acquirer's network routes messages by: identifier 60, destination and source."),
            mark("The acquirer says it; messages with another's would reach another host."),
        ),
    ]
    tmk_file: Annotated[
        SecretFile,
        Explained(
            mark("Holds the terminal master key as 32 hexadecimal digits."),
            mark("Every terminal has its own key, and in a file apart: settings may be shown, copied and sent."),
        ),
    ]
    connect_timeout_ms: Annotated[
        Milliseconds,
        Explained(
            mark("How long opening a connection to the acquirer may take."),
            mark("A mobile line may need seconds; nothing was sent by then, so that giving up reverses nothing."),
        ),
    ] = 10_000
    answer_timeout_ms: Annotated[
        Milliseconds,
        Explained(
            mark("How long a message to the acquirer waits for its answer; a sale without one is reversed."),
            mark("A slow issuer still gets to approve, and the customer is not kept longer than people bear."),
        ),
    ] = 30_000
    repeat_base_ms: Annotated[
        Milliseconds,
        Explained(
            mark("What the first wait between attempts at a reversal is drawn below; it doubles with each attempt."),
            mark("One lost message is made up for while the customer is still there."),
        ),
    ] = 2_000
    repeat_cap_ms: Annotated[
        Milliseconds,
        Explained(
            mark("The most that waits between attempts at a reversal grow to."),
            mark("An acquirer that comes back gets its reversals soon, and no storm of them while it starts."),
        ),
    ] = 60_000


class LinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker of the fleet, and the waits between connections: full jitter from `backoff_base_ms` on."""

    host: Annotated[
        Host,
        Explained(mark("Where the fleet's MQTT broker is."), mark("Every operator has a broker of his own.")),
    ]
    port: Annotated[
        Port,
        Explained(
            mark("The port of the fleet's MQTT broker."),
            mark("It belongs to the broker's address: neither is of use without the other."),
        ),
    ]
    others: Annotated[
        HostPorts,
        Explained(
            mark(
                "Further nodes of the broker, tried in turn after `host` when a connection cannot be had or ends; each "
                "has a certificate in the name that stands here."
            ),
            mark(
                "A broker of one node has none; of three nodes one may fail, and terminals that each name another one "
                "first share the load."
            ),
        ),
    ] = ()
    ca_file: Annotated[
        OptionalFile,
        Explained(
            mark("Holds the certificates of the authority that the broker's own has to be signed by (PEM)."),
            mark("Only the operator's brokers are to be believed, not whoever some public authority vouches for."),
        ),
    ] = None
    certificate_file: Annotated[
        OptionalFile,
        Explained(
            mark("Holds the terminal's own certificate, by which the broker knows it (PEM)."),
            mark(
                "It is issued for this terminal's key; without the three files only a broker on this machine is used."
            ),
        ),
    ] = None
    key_file: Annotated[
        OptionalSecretFile,
        Explained(
            mark("Holds the private key of the terminal's certificate (PEM); made on the terminal."),
            mark("Whoever has the key can pose as this terminal, so it is made where it is used and stays there."),
        ),
    ] = None
    clock_wait_s: Annotated[
        Seconds,
        Explained(
            mark("How long the encrypted link waits after the start for the clock to be set."),
            mark("A clock that is off refuses good certificates; but a terminal without a time server still reports."),
        ),
    ] = 60
    keepalive_s: Annotated[
        KeepAlive,
        Explained(
            mark("The longest silence on the link before the terminal asks whether the broker is there."),
            mark(
                "The broker reports a terminal lost after one and a half times this (MQTT 3.1.1, 3.1.2.10): soon "
                "enough to act on, while an idle terminal costs next to no traffic."
            ),
        ),
    ] = 30
    connect_timeout_s: Annotated[
        Seconds,
        Explained(
            mark("How long connecting to the broker and subscribing may take."),
            mark("A mobile line may need seconds; no sale waits for it."),
        ),
    ] = 10
    backoff_base_ms: Annotated[
        Milliseconds,
        Explained(
            mark("What the first wait before connecting again is drawn below; it doubles with each failure."),
            mark("A dropped connection is back almost at once, and the draw spreads a fleet that lost its broker."),
        ),
    ] = 1_000
    backoff_cap_ms: Annotated[
        Milliseconds,
        Explained(
            mark("The most that waits before connecting again grow to."),
            mark("After an outage the whole fleet is back within this time, without overrunning the broker."),
        ),
    ] = 60_000
    vitals_period_s: Annotated[
        Seconds,
        Explained(
            mark("The time between two health readings, up to a tenth more or less."),
            mark("Heat and a weak supply show within minutes; more readings would only use up a metered line."),
        ),
    ] = 60
    home_assistant: Annotated[
        Switch,
        Explained(
            mark("Whether the terminal announces its health readings to a Home Assistant at the same broker."),
            mark("It speaks outside the fleet's topics, which a broker has to allow, and a fleet has no use for it."),
        ),
    ] = False

    def __post_init__(self) -> None:
        """Raises ValueError: what is not encrypted does not leave this machine."""
        given = [file is not None for file in (self.ca_file, self.certificate_file, self.key_file)]
        if any(given) and not all(given):
            raise ValueError(NOT_TOGETHER)
        if not any(given) and not is_loopback(self.host):
            raise ValueError(NOT_ENCRYPTED)
        if not any(given) and not all(is_loopback(broker.host) for broker in self.brokers):
            raise ValueError(OTHERS_NOT_ENCRYPTED)

    @property
    def brokers(self) -> tuple[Endpoint, ...]:
        """Every node of the broker, in the order in which they are tried."""
        return (Endpoint(self.host, self.port), *map(endpoint, self.others))


class ApiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where tills reach the terminal."""

    token_file: Annotated[
        SecretFile,
        Explained(
            mark("Holds the bearer token that tills have to show."),
            mark("Without a token any program could start a payment, and a token that everybody knows is none."),
        ),
    ]
    host: Annotated[
        Host,
        Explained(
            mark("The address that the terminal listens at for tills."),
            mark("Loopback: only a till on the same machine can start a payment, nobody on the network."),
        ),
    ] = "127.0.0.1"
    port: Annotated[
        ListeningPort,
        Explained(
            mark("The port that the terminal listens at for tills; 0 takes a free one."),
            mark("Easy to remember by ISO 8583, and high enough to need no privilege."),
        ),
    ] = 8583
    names: Annotated[
        HostNames,
        HostPorts,
        Explained(
            mark("What tills may call the terminal besides its addresses and localhost: the Host header is checked."),
            mark("Its addresses are enough where no name service knows it; a web page's name is never among them."),
        ),
    ] = ()
    connections: Annotated[
        Connections,
        Explained(
            mark("How many connections of tills are open at a time."),
            mark("A shop's few tills use one or two each; more would only serve who wants to tie the terminal up."),
        ),
    ] = 16
    certificate_file: Annotated[
        OptionalFile,
        Explained(
            mark(
                "The certificate by which tills know the terminal, and those between it and the CA (PEM): turns TLS on."
            ),
            mark("On loopback nobody listens in; a host beyond it is refused without a certificate."),
        ),
    ] = None
    key_file: Annotated[
        OptionalSecretFile,
        Explained(
            mark("Holds the private key of that certificate (PEM), without a passphrase."),
            mark("There is one where there is a certificate; nobody is there to type a passphrase at a start."),
        ),
    ] = None

    def __post_init__(self) -> None:
        """Refuse what does not go together. Raises ValueError, which msgspec tells with the section."""
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError(mark("certificate_file and key_file belong together; set both or neither"))
        if self.certificate_file is None and not is_loopback(self.host):
            raise ValueError(
                mark(
                    "host is open to the network, where the token would be read on the way; "
                    "set certificate_file and key_file, or 127.0.0.1 as host"
                )
            )


class TrustSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose signatures count."""

    root_public: Annotated[
        PublicKey,
        Explained(
            mark("The operator root's public key (Ed25519, RFC 8032)."),
            mark("Who holds the other half decides whom the terminal trusts: that is never taken for granted."),
        ),
    ]
    keys_file: Annotated[
        File,
        Explained(
            mark("The key set that the operator root signed."),
            mark("Without it nothing is trusted; it lies where the operator's installation puts it."),
        ),
    ]


class GateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gate refuses beyond the binding itself: the fields of `agent.binding.gate.Policy`."""

    reserve_kib: Annotated[
        Space,
        Explained(
            mark("The free disk space below which no sale is started."),
            mark("Room for thousands of entries: what was sold can still be reversed and reported when sales stop."),
        ),
    ] = 16_384
    most_switches: Annotated[
        Switches,
        Explained(
            mark("How often the merchant or terminal number may change within `switch_days` before sales are refused."),
            mark("A correction and its correction pass; a terminal that is lent about from shop to shop does not."),
        ),
    ] = 3
    switch_days: Annotated[
        Days,
        Explained(
            mark("The time over which changes of the merchant or terminal number are counted."),
            mark("About a month, the period of statements: who looks at one finds the changes in it."),
        ),
    ] = 30
    margin_days: Annotated[
        Days,
        Explained(
            mark("How long before its end a binding already ends for a clock that was not set since the start."),
            mark("Such a clock stood still while the power was off, overnight as a rule, and is behind by that much."),
        ),
    ] = 1


class SaleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the counter makes of a card that pays the same amount again: see `agent.sale.same_card`."""

    same_card: Annotated[
        SameCardPolicy,
        Explained(
            mark(
                "What comes of a card that pays the same amount again within `same_card_period_s`: nothing, a warning "
                "that goes with the outcome, or a refusal before anything is sent."
            ),
            mark("It may be a double charge, or a customer who buys the same twice: the clerk sees which, we do not."),
        ),
    ] = WARN
    same_card_period_s: Annotated[
        Lookback,
        Explained(
            mark(
                "How long after a sale the same card with the same amount is a possible double charge; after a reboot "
                "whose clock does not tell, how long after the start."
            ),
            mark(
                "A clerk who missed the approval, or a till that gave up waiting, asks again at once; a regular who "
                "comes back for the same coffee does not."
            ),
        ),
    ] = 60


class JournalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the terminal's own record goes back."""

    retention_days: Annotated[
        Retention,
        Explained(
            mark("How long the terminal keeps journal entries that the backend holds; a full disk shortens it."),
            mark("Cardholders may dispute a payment for months: till then the terminal's own copy can be compared."),
        ),
    ] = 180


class MachineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the kernel's readings lie, and the file that says that the clock was set since boot."""

    proc: Annotated[
        Folder,
        Explained(
            mark("Where the kernel's process readings are: memory, load, uptime."),
            mark("Where Linux has them; a virtual board lays a tree of its own."),
        ),
    ] = Path("/proc")
    sys: Annotated[
        Folder,
        Explained(
            mark("Where the kernel's device readings are: temperature, supply, model."),
            mark("Where Linux has them; a virtual board lays a tree of its own."),
        ),
    ] = Path("/sys")
    clock_mark: Annotated[
        MarkFile,
        Explained(
            mark("The file whose presence says that the clock was set since boot."),
            mark("systemd-timesyncd, the Raspberry Pi's own time service, makes it when it has set the clock."),
        ),
    ] = Path("/run/systemd/timesync/synchronized")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, a section each."""

    terminal: Annotated[TerminalSettings, Section(mark("Who the terminal is, and where it keeps its state."))]
    acquirer: Annotated[AcquirerSettings, Section(mark("The acquirer, and how long it is waited for."))]
    link: Annotated[LinkSettings, Section(mark("The link to the fleet's backend over MQTT."))]
    api: Annotated[ApiSettings, Section(mark("Where tills reach the terminal."))]
    trust: Annotated[TrustSettings, Section(mark("Whose signatures count."))]
    reader: Annotated[ReaderSettings, Section(mark("The contactless reader."))] = ReaderSettings()
    gate: Annotated[GateSettings, Section(mark("What is refused beyond the merchant record itself."))] = GateSettings()
    sale: Annotated[SaleSettings, Section(mark("What the counter looks at when the card was read."))] = SaleSettings()
    journal: Annotated[JournalSettings, Section(mark("The terminal's own record of what happened."))] = (
        JournalSettings()
    )
    machine: Annotated[MachineSettings, Section(mark("Where the machine's own readings lie."))] = MachineSettings()
    alarms: Annotated[AlarmSettings, Section(mark("Where health readings become alarms."))] = AlarmSettings()


def load(path: Path) -> Settings:
    """Read `path`. Raises SettingsError naming the file, the section and key, the value's fault and the remedy."""
    try:
        return msgspec.convert(document(path), Settings, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {_in_sections(str(error))}") from error


def document(path: Path) -> dict[str, Any]:
    """What `path` says, not checked against what there is to set. Raises SettingsError with the line of the fault."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: not TOML of settings: nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, and whole numbers of thousands of digits
        end = f"at the end, line {len(text.splitlines())}"
        raise SettingsError(f"{path}: not TOML: {str(error).replace('at end of document', end)}") from error


def shown(settings: Settings) -> dict[str, object]:
    """The settings by section and key, as they may be shown: secrets lie in files, and only their paths are here.

    What is not set is left out.
    """
    plain: dict[str, dict[str, object]] = msgspec.to_builtins(settings, enc_hook=str)
    return {
        section: {name: value for name, value in keys.items() if value is not None} for section, keys in plain.items()
    }


def fault(value: object, kind: Any) -> str:
    """Why `value` would not be taken for a key, or a section, that is declared as `kind`; "" when it would."""
    try:
        msgspec.convert(value, kind, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def secret(path: Path, what: str) -> str:
    """The text in a file that its owner alone may read. Raises SettingsError when others may, or it is not there."""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others may read the {what}; chmod 600 it")
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"{path}: the {what} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: the {what} is not plain text") from error
    if not text:
        raise SettingsError(f"{path}: holds no {what}")
    return text


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: `localhost` (RFC 6761, 6.3) or a loopback address; a name may lead anywhere."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _decoded(kind: type, value: object) -> object:
    """What TOML has no type for: paths. An empty one would be the folder that happens to be the current one."""
    if kind is Path and isinstance(value, str) and value and "\0" not in value:
        return Path(value)
    # Not quoted: who mistakes `tmk_file` for the key itself shall not find it in a log.
    raise ValueError("Expected a path in quotes")


def _in_sections(message: str) -> str:
    """msgspec names places as `$.section.key`; a settings file has `[section] key`."""
    text, _, place = message.partition(" - at `$.")
    if not place:
        return text
    section, _, key = place.rstrip("`").partition(".")
    return f"[{section}] {key}: {text}" if key else f"[{section}]: {text}"
