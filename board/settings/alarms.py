"""The section `[alarms]` of the settings: where health readings become events (`agent.report.alarms`)."""

from typing import Annotated

import msgspec

from board.settings.kinds import Celsius, Days, DiskMebibytes, Explained, Mebibytes, Seconds, mark


class AlarmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where health readings become events; each health reading is looked at (`vitals_period_s`)."""

    temperature_c: Annotated[
        Celsius,
        Explained(
            mark("The processor's temperature from which the terminal counts as too hot; over 5 degrees below."),
            mark("From there on a Raspberry Pi slows itself down, and sales with it."),
        ),
    ] = 80
    disk_free_mib: Annotated[
        DiskMebibytes,
        Explained(
            mark("The free space on the journal's disk below which it counts as nearly full; over a quarter above."),
            mark("Room for tens of thousands of sales is left to do something about it: at 16 MiB sales end."),
        ),
    ] = 256
    memory_available_mib: Annotated[
        Mebibytes,
        Explained(
            mark("The available memory below which it counts as nearly used up; over a quarter above."),
            mark("Not far below the kernel starts to end processes, on a board of 512 MiB as on a larger one."),
        ),
    ] = 64
    undervoltage_quiet_s: Annotated[
        Seconds,
        Explained(
            mark("How long the supply has to be good before a low voltage counts as over; it is told at once."),
            mark("A weak supply dips whenever the load rises: one alarm for all dips of ten minutes is enough."),
        ),
    ] = 600
    outbox_age_s: Annotated[
        Seconds,
        Explained(
            mark("How long the oldest event may wait for the backend; over once it waits half as long."),
            mark("Shorter outages of a line heal by themselves; nothing is lost in longer ones, but nobody sees it."),
        ),
    ] = 3_600
    clock_unsynced_s: Annotated[
        Seconds,
        Explained(
            mark("How long the clock may run without a time source setting it; over at half of that."),
            mark("systemd-timesyncd asks at least every 35 minutes: this is several answers that did not come."),
        ),
    ] = 14_400
    reader_failing_s: Annotated[
        Seconds,
        Explained(
            mark("How long the card reader has to fail before it counts as broken."),
            mark("One that was reset works again with the next card, within two minutes at a busy counter."),
        ),
    ] = 120
    certificate_days: Annotated[
        Days,
        Explained(
            mark("How many days before its end the terminal's certificate has to be renewed."),
            mark("A month leaves time for a person to look why it was not renewed by itself."),
        ),
    ] = 30
    hold_s: Annotated[
        Seconds,
        Explained(
            mark("How long a reading has to stay beyond its threshold, and back behind it, before it is told."),
            mark("Two readings in a row: a single peak is no event, and a value at the edge makes no storm."),
        ),
    ] = 120
