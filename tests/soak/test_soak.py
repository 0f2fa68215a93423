"""Broker, agent and backend are killed while a till goes on asking: every event arrives once and in order.

`make soak` asks for 10,000 with ten kills of each, and for as many where the nodes of a broker of three are killed, one
every few seconds. SOAK_SEED=N draws the same kills again.
"""

import os
import random
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import wait_until_prepared
from tests.soak.soak import Soak
from tests.soak.soak_rig import SoakRig
from tools.brokers.setup import Engine


class Size(NamedTuple):
    """How many events, how often each part is killed, and how long the rest may take to arrive."""

    events: int
    kills: int
    drain_s: float


FULL = Size(10_000, 10, 180.0)
SMALL_CLUSTER = Size(150, 1, 60.0)
# A kill about every five seconds.
FULL_CLUSTER = Size(10_000, 14, 180.0)


def soaked(rig: SoakRig, size: Size, victims: tuple[str, ...]) -> None:
    """Soak `rig` and hold what arrived against what was asked and against the terminal's journal."""
    wait_until_prepared(rig)
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(1 << 32))
    print(f"\n{size.events} events, {size.kills} kills each of {', '.join(victims)}; SOAK_SEED={seed}", flush=True)
    began = time.monotonic()
    soak = Soak(rig, size.events, dict.fromkeys(victims, size.kills), seed)
    soak.run()
    head = rig.journal()[-1].sequence
    rig.wait_until(lambda: rig.stored_sequence() >= head, "the whole journal in the backend", size.drain_s)
    taken = time.monotonic() - began
    print(f"  {head} entries stored in {taken:.0f} s, longest gap {rig.longest_gap_s():.1f} s", flush=True)

    assert soak.arrived() == list(range(1, size.events + 1))
    stored = [(event.sequence, event.hash) for event in rig.stored_events()]
    assert stored[:head] == [(entry.sequence, entry.hash) for entry in rig.journal()][:head]
    rig.wait_until(lambda: rig.alarms() == [], "no alarm is open")


@pytest.mark.timeout(1_800)
@pytest.mark.soak
@pytest.mark.parametrize("engine", Engine)
def test_every_event_arrives_once_though_broker_agent_and_backend_are_killed(short_dir: Path, engine: Engine) -> None:
    with SoakRig(short_dir, engine) as rig:
        soaked(rig, FULL, ("broker", "agent", "backend"))


@pytest.mark.timeout(1_800)
@pytest.mark.soak
@pytest.mark.parametrize("engine", Engine)
def test_every_event_arrives_once_though_workers_share_the_events_and_are_killed_too(
    short_dir: Path, engine: Engine
) -> None:
    with SoakRig(short_dir, engine, workers=3) as rig:
        soaked(rig, FULL, ("broker", "agent", "backend", "worker"))


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    "size", [pytest.param(SMALL_CLUSTER, id="small"), pytest.param(FULL_CLUSTER, id="full", marks=pytest.mark.soak)]
)
def test_every_event_arrives_once_though_node_after_node_of_the_broker_is_killed(short_dir: Path, size: Size) -> None:
    with SoakRig(short_dir, Engine.NATS, nodes=3) as rig:
        soaked(rig, size, tuple(rig.brokers))
