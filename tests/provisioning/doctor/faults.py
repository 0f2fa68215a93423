"""What can be wrong with a terminal, planted into one that runs, and taken away again."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from agent.adapters import durable_file
from agent.adapters.binding_store import TinyBindingStore
from agent.binding import reasons
from agent.report import alarms
from board.device_key import new_key, private_pem, signing_request
from board.slots.state import STATE_FILE, Slots, write_slots
from provisioning.authority import Authority
from provisioning.doctor import codes
from provisioning.doctor.finding import Level
from provisioning.doctor.service import UNIT
from provisioning.keys import BINDING
from provisioning.update.places import Places
from tests.provisioning.doctor.clinic import Clinic, Seen, meanwhile, replaced, with_mode
from tools.broker import free_port
from tools.brokers.reload import refresh
from tools.rig.files import FLEET, SERIAL, binding_document, utc_in

Plant = Callable[[Clinic], AbstractContextManager[Path | None]]
"""Makes something wrong for as long as it lasts; gives the settings to examine by, None for the terminal's own."""


class Fault(NamedTuple):
    """`plant` is found as `seen`, and as nothing else."""

    name: str
    plant: Plant
    seen: Seen


def bad(check: str, code: str) -> Seen:
    return {check: (Level.PROBLEM, code)}


def doubtful(check: str, code: str) -> Seen:
    return {check: (Level.WARNING, code)}


def setting(section: str, **keys: Any) -> Plant:
    return lambda clinic: clinic.changed(section, **keys)


def told(**changes: str) -> Plant:
    """systemd says so of the service."""
    return lambda clinic: meanwhile(lambda: clinic.tell(UNIT, **changes), lambda: clinic.tell(UNIT))


def vitals(**values: float) -> Plant:
    """The machine reads so."""
    usual = {"temperature_c": 48.3, "throttled": 0, "mem_available_kib": 3_310_000}
    return lambda clinic: meanwhile(lambda: clinic.rig.board.vitals(**values), lambda: clinic.rig.board.vitals(**usual))


def content(path: Callable[[Clinic], Path], change: Callable[[bytes], bytes] | None) -> Plant:
    """The file has other bytes; with None it is gone."""
    return lambda clinic: replaced(path(clinic), change and change(path(clinic).read_bytes()))


def mode(path: Callable[[Clinic], Path], bits: int) -> Plant:
    """The file has another mode."""
    return lambda clinic: with_mode(path(clinic), bits)


def binding(**changes: object) -> Plant:
    """The merchant record says something else, and is signed by the right key."""

    @contextmanager
    def plant(clinic: Clinic) -> Iterator[None]:
        files = clinic.rig.files
        document, signer = binding_document(1, **changes), files.signer(BINDING)
        with replaced(files.merchant_file, files.merchant_file.read_bytes()):
            signature = bytes.fromhex(signer.sign(document))
            TinyBindingStore(files.merchant_file).write(document, signer.id, signature)
            yield

    return plant


def certificate(serial: str = SERIAL, days: int = 365, key_matches: bool = True) -> Plant:
    """The operator's authority made the terminal another certificate."""

    @contextmanager
    def plant(clinic: Clinic) -> Iterator[None]:
        files = clinic.rig.files
        key = new_key()
        made = files.authority.issue_terminal(serial, signing_request(key, FLEET, serial), days)
        refresh(files.authority, clinic.rig.broker_folder)
        kept = private_pem(key) if key_matches else files.link.key.read_bytes()
        with replaced(files.link.certificate, made), replaced(files.link.key, kept):
            yield

    return plant


@contextmanager
def foreign_certificate(clinic: Clinic) -> Iterator[None]:
    """An authority that the brokers do not know made the terminal's certificate."""
    files, other = clinic.rig.files, Authority(clinic.rig.directory / "other-ca")
    if not other.directory.exists():
        other.create(FLEET)
    key = new_key()
    made = other.issue_terminal(SERIAL, signing_request(key, FLEET, SERIAL))
    with replaced(files.link.certificate, made), replaced(files.link.key, private_pem(key)):
        yield


@contextmanager
def foreign_brokers(clinic: Clinic) -> Iterator[Path]:
    """The brokers are not the ones whose authority the settings name."""
    other = Authority(clinic.rig.directory / "third-ca")
    if not other.directory.exists():
        other.create(FLEET)
    with clinic.changed("link", ca_file=str(other.servers_file)) as path:
        yield path


@contextmanager
def higher_mark(clinic: Clinic) -> Iterator[None]:
    path = clinic.rig.files.high_water_file
    with replaced(path, path.read_bytes()):
        durable_file.write(path, {"version": 7})
        yield


def no_clock(clinic: Clinic) -> AbstractContextManager[None]:
    return meanwhile(clinic.rig.files.clock_mark.unlink, clinic.rig.files.clock_mark.touch)


@contextmanager
def no_clock_in_spite_of_a_service(clinic: Clinic) -> Iterator[None]:
    unit = "systemd-timesyncd.service"
    running = meanwhile(lambda: clinic.tell(unit), lambda: clinic.tell(unit, ActiveState="inactive"))
    with no_clock(clinic), running:
        yield


def old_clock(clinic: Clinic) -> AbstractContextManager[None]:
    mark, before = clinic.rig.files.clock_mark, time.time() - 20_000
    return meanwhile(lambda: os.utime(mark, (before, before)), mark.touch)


@contextmanager
def swap(clinic: Clinic) -> Iterator[None]:
    memory = clinic.rig.files.board / "proc/meminfo"
    with replaced(memory, memory.read_bytes().replace(b"SwapTotal:             0", b"SwapTotal:        102396")):
        yield


def no_broker(clinic: Clinic) -> AbstractContextManager[None]:
    rig = clinic.rig

    def back() -> None:
        rig.start_broker()
        rig.wait_until(lambda: bool(rig.till.health()["link_connected"]), "the link comes back")

    return meanwhile(rig.processes["broker"].stop, back)


def no_acquirer(clinic: Clinic) -> AbstractContextManager[None]:
    return meanwhile(clinic.rig.processes["acquirer"].stop, clinic.rig.start_acquirer)


def no_journal(clinic: Clinic) -> AbstractContextManager[None]:
    path = clinic.rig.files.journal_file
    aside = path.with_name("aside")
    return meanwhile(lambda: path.rename(aside), lambda: aside.rename(path))


def tmk(clinic: Clinic) -> Path:
    return clinic.rig.directory / "terminal.tmk"


def settings_file(clinic: Clinic) -> Path:
    return clinic.rig.files.settings


def merchant(clinic: Clinic) -> Path:
    return clinic.rig.files.merchant_file


def key_set(clinic: Clinic) -> Path:
    return clinic.rig.files.key_set


def nowhere() -> str:
    return f"127.0.0.1:{free_port()}"


def command_line(clinic: Clinic) -> Path:
    return clinic.root / "boot/firmware/cmdline.txt"


def config(clinic: Clinic) -> Path:
    return clinic.root / "boot/firmware/config.txt"


def newer_slot(clinic: Clinic) -> AbstractContextManager[None]:
    return slot_in_force(clinic, "9.9.9")


def slot_in_force(clinic: Clinic, version: str) -> AbstractContextManager[None]:
    slots = Places(clinic.root).slots
    slots.mkdir(exist_ok=True)
    return meanwhile(lambda: write_slots(slots, Slots(version)), (slots / STATE_FILE).unlink)


not_set_up = doubtful("system", codes.SYSTEM_NOT_SET_UP)

FAULTS = (
    Fault(
        "settings_are_no_toml", content(settings_file, lambda raw: raw + b"["), bad("settings", codes.SETTINGS_FAULTY)
    ),
    Fault("unknown_key", setting("link", speed=9), bad("settings", codes.SETTINGS_FAULTY)),
    Fault("unknown_time_out", setting("acquirer", connect_timeout_ms=0), bad("settings", codes.SETTINGS_FAULTY)),
    Fault("master_key_is_gone", content(tmk, None), bad("files", codes.FILES_UNUSABLE)),
    Fault("master_key_for_all_to_read", mode(tmk, 0o644), bad("files", codes.FILES_EXPOSED)),
    Fault(
        "device_key_for_all_to_read",
        mode(lambda clinic: clinic.rig.files.link.key, 0o644),
        bad("files", codes.FILES_EXPOSED),
    ),
    Fault("settings_for_all_to_write", mode(settings_file, 0o666), bad("files", codes.FILES_EXPOSED)),
    Fault(
        "state_for_all_to_read", mode(lambda clinic: clinic.rig.files.state, 0o755), bad("files", codes.FILES_EXPOSED)
    ),
    Fault(
        "key_set_altered", content(key_set, lambda raw: raw.replace(b"demo", b"dome")), bad("keys", codes.KEYS_UNPROVEN)
    ),
    Fault("other_root", setting("trust", root_public="ab" * 32), bad("keys", codes.KEYS_UNPROVEN)),
    Fault("binding_empty", content(merchant, lambda _: b""), bad("binding", reasons.STORE_EMPTY)),
    Fault("binding_cut", content(merchant, lambda raw: raw[:-9]), bad("binding", reasons.STORE_TRUNCATED)),
    Fault(
        "binding_altered",
        content(merchant, lambda raw: raw.replace(b"898", b"899", 1)),
        bad("binding", reasons.STORE_ALTERED),
    ),
    Fault("binding_of_another", binding(serial="JG-DEMO-0002"), bad("binding", reasons.BINDING_SERIAL_OTHER)),
    Fault("binding_over", binding(valid_to=utc_in(-0.5)), bad("binding", reasons.BINDING_EXPIRED)),
    Fault("binding_older", higher_mark, bad("binding", reasons.BINDING_VERSION_OLDER)),
    Fault(
        "mark_gone",
        content(lambda clinic: clinic.rig.files.high_water_file, None),
        bad("binding", reasons.HIGH_WATER_MISSING),
    ),
    Fault(
        "certificate_of_another", certificate(serial="JG-DEMO-0002"), bad("certificate", codes.DEVICE_CERTIFICATE_OTHER)
    ),
    Fault("certificate_over", certificate(days=0), bad("certificate", codes.DEVICE_CERTIFICATE_EXPIRED)),
    Fault("certificate_nearly_over", certificate(days=9), doubtful("certificate", alarms.CERTIFICATE_ENDING)),
    Fault(
        "certificate_for_another_key",
        certificate(key_matches=False),
        bad("certificate", codes.DEVICE_CERTIFICATE_UNUSABLE),
    ),
    Fault("certificate_of_a_stranger", foreign_certificate, bad("brokers", codes.BROKER_CLOSED)),
    Fault("brokers_of_a_stranger", foreign_brokers, bad("brokers", codes.BROKER_CLOSED)),
    Fault("service_unknown", told(LoadState="not-found"), bad("service", codes.SERVICE_MISSING)),
    Fault("service_disabled", told(UnitFileState="disabled"), bad("service", codes.SERVICE_DISABLED)),
    Fault("service_failed", told(ActiveState="failed"), bad("service", codes.SERVICE_STOPPED)),
    Fault("service_restarts", told(NRestarts="9"), doubtful("service", codes.SERVICE_RESTARTS)),
    Fault("service_unwatched", told(WatchdogUSec="0"), bad("service", codes.SERVICE_UNWATCHED)),
    Fault("dumps", told(MainPID="0", LimitCORE="infinity"), bad("dumps", codes.DUMPS_ALLOWED)),
    Fault(
        "token_replaced",
        content(lambda clinic: clinic.rig.files.token_file, lambda _: b"x" * 32),
        bad("local_api", codes.API_REFUSES_TOKEN),
    ),
    Fault("api_elsewhere", lambda clinic: clinic.changed("api", port=free_port()), bad("local_api", codes.API_SILENT)),
    Fault("journal_gone", no_journal, bad("journal", codes.JOURNAL_GONE)),
    Fault("reader_unplugged", setting("reader", port="/dev/nothing"), bad("reader", codes.READER_PORT_MISSING)),
    Fault(
        "serial_console",
        content(command_line, lambda raw: b"console=serial0,115200 " + raw),
        not_set_up,
    ),
    Fault("bluetooth_on_the_uart", content(config, lambda raw: raw.replace(b"dtoverlay=disable-bt", b"")), not_set_up),
    Fault("a_slot_that_does_not_run", newer_slot, doubtful("software", codes.RESTART_DUE)),
    Fault("clock_unset", no_clock, bad("clock", codes.TIME_SERVICE_OFF)),
    Fault("clock_unset_by_its_service", no_clock_in_spite_of_a_service, bad("clock", reasons.CLOCK_UNSYNCED)),
    Fault("clock_set_long_ago", old_clock, doubtful("clock", alarms.CLOCK_UNSET)),
    Fault("weak_supply", vitals(throttled=0x10001), bad("supply", alarms.UNDERVOLTAGE)),
    Fault("supply_was_weak", vitals(throttled=0x10000), doubtful("supply", codes.SUPPLY_WAS_WEAK)),
    Fault("throttled", vitals(throttled=0x4), doubtful("supply", codes.SUPPLY_THROTTLED)),
    Fault("hot", vitals(temperature_c=84.0), bad("heat", alarms.TEMPERATURE_HIGH)),
    Fault("little_memory", vitals(mem_available_kib=40_000), doubtful("memory", alarms.MEMORY_LOW)),
    Fault("swap", swap, bad("memory", codes.SWAP_ON)),
    Fault("little_space", setting("alarms", disk_free_mib=1024 * 1024), doubtful("disk", alarms.DISK_LOW)),
    Fault("no_space", setting("gate", reserve_kib=1 << 32), bad("disk", reasons.JOURNAL_SPACE)),
    Fault("no_such_name", setting("acquirer", host="no-such-host.invalid"), bad("names", codes.NAMES_UNRESOLVED)),
    Fault(
        "a_node_is_down",
        lambda clinic: clinic.changed("link", others=[nowhere()]),
        doubtful("brokers", codes.BROKER_NODE_CLOSED),
    ),
    Fault("broker_is_down", no_broker, bad("brokers", codes.BROKER_CLOSED)),
    Fault("acquirer_is_down", no_acquirer, bad("acquirer", codes.ACQUIRER_CLOSED)),
)
