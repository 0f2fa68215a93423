"""The terminal's service, reached by `systemctl` alone."""

import subprocess
from dataclasses import dataclass

from provisioning.errors import HandError
from provisioning.hand.places import UNIT, Places

_QUICKLY_S = 60.0
# A start checks the whole journal first (TimeoutStartSec), an end waits for a sale that is under way (TimeoutStopSec).
_START_S = 330.0
_STOP_S = 120.0


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How the service is: `status` is what the terminal itself last said, `result` how its last run ended.

    It is `active` from its start to its end, and while it waits to be started once more; `ready` once it said so.
    """

    loaded: bool
    enabled: bool
    active: bool
    ready: bool
    status: str
    result: str


class Service:
    """Starts, stops and asks after the service of the terminal at `places`. Each method raises HandError."""

    def __init__(self, places: Places) -> None:
        self._systemctl = str(places.systemctl)

    def state(self) -> ServiceState:
        """How it is now."""
        names = "LoadState,UnitFileState,ActiveState,StatusText,Result"
        lines = self._run("show", UNIT, f"--property={names}").splitlines()
        said = dict(line.split("=", 1) for line in lines if "=" in line)
        return ServiceState(
            said.get("LoadState") == "loaded",
            said.get("UnitFileState") == "enabled",
            said.get("ActiveState") in ("active", "activating", "reloading", "deactivating"),
            said.get("ActiveState") in ("active", "reloading"),
            said.get("StatusText", ""),
            said.get("Result", ""),
        )

    def start(self, *, wait: bool = True) -> None:
        """Start it, and return once it said that it is ready; at once, however it goes, without `wait`."""
        self._run("start", UNIT, *([] if wait else ["--no-block"]), within_s=_START_S)

    def stop(self) -> None:
        """Stop it, and return once it has ended; harmless when it does not run."""
        self._run("stop", UNIT, within_s=_STOP_S)

    def enable(self, wanted: bool) -> None:
        """Whether it starts with the machine."""
        self._run("enable" if wanted else "disable", UNIT)

    def _run(self, *arguments: str, within_s: float = _QUICKLY_S) -> str:
        try:
            done = subprocess.run(
                [self._systemctl, *arguments], capture_output=True, text=True, timeout=within_s, check=False
            )
        except OSError as error:
            raise HandError("SYSTEMCTL", f"{self._systemctl}: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise HandError("SYSTEMCTL", f"systemctl {arguments[0]}: not done after {within_s:.0f} s") from error
        if done.returncode:
            raise HandError("SYSTEMCTL", f"systemctl {arguments[0]}: {done.stderr.strip() or done.returncode}")
        return done.stdout
