"""What is plugged into the machine: reader, lights, tamper switch. The running service is asked; else the device."""

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.binding.reasons import TAMPER_OPEN
from agent.errors import ReaderError
from agent.sale.outcome import READER_UNAVAILABLE
from board.errors import GpioError
from board.gpio import Gpio
from board.pins import TAMPER
from board.reader import NfcReader
from board.settings.reader import ReaderSettings
from provisioning.doctor import codes
from provisioning.doctor.account import READ, WRITE, Account
from provisioning.doctor.finding import Finding, ok, problem, unknown, warning
from provisioning.doctor.patient import Patient

GPIO_CHIP = "dev/gpiochip0"
# A Pi's mini UART: its speed follows the core clock.
_MINI_UART = "ttyS"


async def reader(patient: Patient) -> Finding:
    """The port is there, the full UART, and the terminal's to open; a PN532 answers."""
    settings = patient.settings.reader
    fault = _port_fault(settings.port, patient.account)
    if fault is not None:
        return fault
    if patient.runs:
        return _as_told(patient, settings.port)
    try:
        firmware = await _answer(settings)
    except ReaderError as error:
        return problem(READER_UNAVAILABLE, port=settings.port, why=str(error))
    return _judged(settings.port, firmware)


def _port_fault(port: str, account: Account) -> Finding | None:
    if not Path(port).exists():
        return problem(codes.READER_PORT_MISSING, port=port)
    if not account.may(Path(port), READ | WRITE):
        return problem(codes.READER_PORT_CLOSED, port=port, user=account.name)
    return None


def _as_told(patient: Patient, port: str) -> Finding:
    health = patient.health
    if not health:
        return unknown(codes.NOT_EXAMINED, because="local_api")
    if health["reader_failing"] or not health["reader_open"]:
        return problem(READER_UNAVAILABLE, port=port)
    return _judged(port, str(health["reader_firmware"]))


async def _answer(settings: ReaderSettings) -> str:
    """Which firmware answers; the port is closed again. Without a reset pulse, which would need the lines."""
    found = NfcReader(settings.port, settings.poll_ms)
    try:
        await found.start()
        return found.firmware
    finally:
        await found.stop()


def _judged(port: str, firmware: str) -> Finding:
    if Path(port).resolve().name.startswith(_MINI_UART):
        return warning(codes.READER_MINI_UART, port=port, firmware=firmware)
    return ok(port=port, firmware=firmware)


async def lines(patient: Patient) -> Finding:
    """The lights can be driven, the tamper switch can be read, and the case is shut."""
    chip = patient.root / GPIO_CHIP
    if chip.exists() and not patient.account.may(chip, READ | WRITE):
        return problem(codes.GPIO_CLOSED, chip=str(chip), user=patient.account.name)
    if not patient.runs:
        return _read()
    health = patient.health
    if not health:
        return unknown(codes.NOT_EXAMINED, because="local_api")
    if health["tamper"]:
        return problem(TAMPER_OPEN)
    return ok() if health["lights"] else problem(codes.LIGHTS_FAILING)


def _read() -> Finding:
    """What the tamper switch says, read here; no light is touched."""
    gpio = Gpio()
    try:
        # lgpio leaves its pipe in the folder that it is started in.
        with TemporaryDirectory() as folder, contextlib.chdir(folder):
            gpio.start()
        gpio.set_input(TAMPER)
        is_open = gpio.read(TAMPER)
    except GpioError as error:
        return problem(codes.GPIO_UNUSABLE, why=str(error))
    finally:
        gpio.stop()
    return problem(TAMPER_OPEN) if is_open else ok()
