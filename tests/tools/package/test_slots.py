"""A package as an update: from the desk into a slot of a fresh system, run from there by systemd, and back."""

import json
from pathlib import Path
from threading import Thread

import pytest

from agent.update.codes import UPDATE_NOT_STARTED
from provisioning.till import Till
from tests.tools.package.built import LATER, Built, as_release
from tests.tools.package.fleet import Fleet
from tests.tools.package.service import STATE, beside, state
from tests.tools.package.system import System
from tests.update.publisher import served
from tools.broker import free_port

pytestmark = [pytest.mark.package, pytest.mark.timeout(1200)]
SLOTS, TRUST = "/var/lib/jumpguard-slots", "/etc/jumpguard/update"
NEXT = "0.3.0"


# As the terminal ends whose settings cannot be used, and which systemd would not start again.
UNUSABLE = "raise SystemExit(2)\n"


def program(system: System) -> str:
    """What the service runs."""
    active, process = state(system)
    assert active == "active"
    return system.said("cat", f"/proc/{process}/cmdline").split("\0")[0]


def sell(system: System, till: Till, service_id: str) -> str:
    """A sale, paid with a card of the virtual board; its result."""
    Fleet.wait(lambda: till.diagnosis()["POIStatus"]["GlobalStatus"] == "OK", "the terminal to sell")
    results: list[str] = []
    selling = Thread(target=lambda: results.append(till.pay(service_id, "1.00")["Response"]["Result"]))
    selling.start()
    system.run("jumpguard", "board", "tap", "unionpay", "--dir", f"{STATE}/board")
    selling.join()
    system.run("jumpguard", "board", "remove", "--dir", f"{STATE}/board")
    return results[0]


def test_a_release_runs_from_a_slot_and_one_that_cannot_start_gives_way_to_it(
    booted: System, packages: tuple[Built, Built], short_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    port, slot = free_port(), f"{SLOTS}/{LATER}/bin/python"
    with Fleet(short_dir) as fleet, beside(booted, port, fleet.broker_port) as token:
        fleet.start_backend(booted.said("cat", f"{STATE}/backend.key"))
        booted.put(f"{TRUST}/root.json", fleet.begin_repository())
        with served(fleet.repository) as address:
            booted.put(f"{TRUST}/repository", address)
            booted.run("systemctl", "enable", "--now", "jumpguard")
            assert booted.said("systemctl", "is-active", "jumpguard-update.path") == "active"
            fleet.wait(lambda: bool(fleet.told("acquirer.signed_on")), "the terminal to be heard")

            fleet.publish(packages[1].file)
            fleet.order(LATER)
            fleet.wait(lambda: bool(fleet.told("update.committed") + fleet.told("update.failed")), "the trial's end")
            assert fleet.told("update.failed") == []
            assert program(booted) == slot
            fleet.wait(lambda: in_force(booted) == LATER, "root to have heard of it")
            assert sell(booted, Till(f"127.0.0.1:{port}", token), "P-1") == "Success"

            unstartable = as_release(packages[1], NEXT, tmp_path_factory.mktemp("next"), __main__=UNUSABLE)
            fleet.publish(unstartable.file)
            booted.run("jumpguard", "update", "--version", NEXT)
            fleet.wait(lambda: bool(fleet.told("update.failed")), "the failure to be told")
            assert [(one["version"], one["code"]) for one in fleet.told("update.failed")] == [
                (NEXT, UPDATE_NOT_STARTED)
            ]
            assert (program(booted), in_force(booted)) == (slot, LATER)
            assert sell(booted, Till(f"127.0.0.1:{port}", token), "P-2") == "Success"
            assert [one["version"] for one in fleet.told("update.committed")] == [LATER]


def in_force(system: System) -> str:
    """The slot that is in force as root says, "" for the package's own release."""
    return str(json.loads(system.said("cat", f"{SLOTS}/slots.json"))["version"])
