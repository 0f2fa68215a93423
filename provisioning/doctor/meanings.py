"""What the doctor's checks look at, what their codes mean and what to do, and what its facts are called."""

from provisioning.doctor import codes
from provisioning.texts import mark

# check: what it looks at, as the heading of its finding
CHECKS = {
    "settings": mark("Settings"),
    "journal": mark("The terminal's journal"),
    "lifecycle": mark("State of the terminal"),
    "files": mark("Files that the settings name"),
    "service": mark("Service"),
    "local_api": mark("Local API for tills"),
    "dumps": mark("No memory dumps"),
    "software": mark("Software"),
    "keys": mark("The operator's key set"),
    "binding": mark("Merchant record"),
    "certificate": mark("Device certificate"),
    "reader": mark("Card reader"),
    "lines": mark("Lights and tamper switch"),
    "system": mark("Set-up of the Raspberry Pi"),
    "clock": mark("Clock"),
    "supply": mark("Power supply"),
    "heat": mark("Temperature"),
    "memory": mark("Memory"),
    "disk": mark("Disk"),
    "names": mark("Name resolution"),
    "brokers": mark("The fleet's broker"),
    "acquirer": mark("Acquirer"),
    "reporting": mark("Reports to the backend"),
    "reversals": mark("Reversals"),
    "ready": mark("Ready to sell"),
}

# code: (what it means, what to do)
MEANINGS = {
    codes.EXAMINATION_FAILED: (
        mark("The check could not be carried out."),
        mark("Run the doctor as root or as the terminal's user; read what it met with."),
    ),
    codes.NOT_EXAMINED: (
        mark("Not looked at, since another check did not go well."),
        mark("Put that one right first."),
    ),
    codes.NOT_RUNNING: (
        mark("Only the running terminal can tell, and it does not run or does not answer."),
        mark("Start it: `systemctl start jumpguard`."),
    ),
    codes.NOT_TOLD: (
        mark("This machine does not tell."),
        mark("On a Raspberry Pi run the doctor as root or as the terminal's user; elsewhere nothing is to be done."),
    ),
    codes.TOO_SLOW: (
        mark("The check was not done in its time."),
        mark("Look for a disk or a device that hangs: `dmesg`."),
    ),
    codes.NOT_INSTALLED: (
        mark("There is no settings file: nothing is installed here yet."),
        mark(
            "Install it from the desk: `jumpguard provision install`; where it was before, find out who took it away."
        ),
    ),
    codes.SETTINGS_FAULTY: (
        mark("The terminal does not take its settings."),
        mark("Correct the file, then restart the terminal; `jumpguard settings explain KEY` says what a key may be."),
    ),
    codes.FILES_UNUSABLE: (
        mark("Files that the settings name are missing, or the terminal's user cannot read them."),
        mark("Put them back, or give them to that user with `chown` and `chmod`."),
    ),
    codes.FILES_EXPOSED: (
        mark("Others may read the terminal's secrets, or change what it goes by."),
        mark("`chmod 600` secrets, `chmod 640` the rest, 700 the state folder; replace what somebody may have read."),
    ),
    codes.KEYS_UNPROVEN: (
        mark("The key set is not one that the operator root has signed for this fleet: nothing is trusted."),
        mark("Install the operator's key set again; compare `[trust] root_public` with the operator's."),
    ),
    codes.BINDING_ENDING: (mark("The merchant record ends soon."), mark("Have it issued anew and install it.")),
    codes.LINK_NOT_ENCRYPTED: (
        mark("The link to the fleet is not encrypted; only a broker on this machine is used like that."),
        mark("For practice that is all right; else set `[link] ca_file`, `certificate_file` and `key_file`."),
    ),
    codes.DEVICE_CERTIFICATE_UNUSABLE: (
        mark("The terminal has no certificate with its key for the link to the fleet."),
        mark("Request one on the terminal (`python -m board --request-certificate`) and have the operator issue it."),
    ),
    codes.DEVICE_CERTIFICATE_OTHER: (
        mark("The terminal's certificate is another terminal's or fleet's."),
        mark("Request one on this terminal and have the operator issue it."),
    ),
    codes.DEVICE_CERTIFICATE_EARLY: (
        mark("The terminal's certificate is not valid yet."),
        mark("Check the terminal's clock, then that of the operator's desk."),
    ),
    codes.DEVICE_CERTIFICATE_EXPIRED: (
        mark("The terminal's certificate has expired: no broker lets it in."),
        mark("Request one on the terminal and have the operator issue it."),
    ),
    codes.SERVICE_UNMANAGED: (
        mark("The terminal runs, but no systemd answers: nobody would start it again."),
        mark("On a terminal start it with `systemctl`; for practice that is all right."),
    ),
    codes.SERVICE_MISSING: (mark("systemd knows no such service."), mark("Install the package again.")),
    codes.SERVICE_DISABLED: (
        mark("The terminal runs, but will not start with the machine."),
        mark("Enable it: `systemctl enable jumpguard`"),
    ),
    codes.SERVICE_STOPPED: (
        mark("The terminal does not run."),
        mark("`systemctl start jumpguard`; where it ends again, `journalctl -u jumpguard` says why."),
    ),
    codes.SERVICE_RESTARTS: (
        mark("The terminal was started again and again."),
        mark("`journalctl -u jumpguard` says why it ended."),
    ),
    codes.SERVICE_UNWATCHED: (
        mark("systemd does not watch whether the terminal is stuck."),
        mark("Remove what overrides `WatchdogSec` of the unit: `systemctl cat jumpguard`."),
    ),
    codes.RESTART_DUE: (
        mark("Another version runs than is installed."),
        mark("Restart the terminal between two sales: `systemctl restart jumpguard`."),
    ),
    codes.API_PORT_OPEN_TO_CHANCE: (
        mark("The settings leave the port to chance, so that it is not known where to ask."),
        mark("Set `[api] port`; tills need to know it, too."),
    ),
    codes.API_SILENT: (
        mark("The terminal does not answer tills."),
        mark("Restart it; where that does not help, look at `journalctl -u jumpguard`."),
    ),
    codes.API_REFUSES_TOKEN: (
        mark("The terminal goes by another token than the one in the file."),
        mark("Restart the terminal, and give every till the token in `[api] token_file`."),
    ),
    codes.DUMPS_ALLOWED: (
        mark("The kernel may write the terminal's memory, where card data are, to a file."),
        mark("Remove what overrides `LimitCORE=0` of the unit (`systemctl cat jumpguard`), and restart the terminal."),
    ),
    codes.JOURNAL_NONE: (
        mark("There is no journal yet."),
        mark("The first start makes it; where there was one, find out who took it away."),
    ),
    codes.JOURNAL_GONE: (
        mark("The terminal runs, and its journal is gone from the disk."),
        mark("Stop selling with it, keep the machine as it is, and call the operator."),
    ),
    codes.JOURNAL_DAMAGED: (
        mark("The journal is damaged or was altered: the next start refuses it."),
        mark("Keep the file as evidence and call the operator; check the memory card."),
    ),
    codes.REVERSALS_WAIT: (
        mark("Reversals wait to be sent to the acquirer."),
        mark("They go out by themselves; look again in some minutes, and check the line to the acquirer."),
    ),
    codes.OUTBOX_WAITS: (
        mark("Events have been waiting for the backend for some minutes."),
        mark("Look again in a while; then check line, broker and backend. Nothing is lost."),
    ),
    codes.LINK_DOWN: (
        mark("The running terminal has no connection to the fleet, although its broker answers here."),
        mark("Look again in a minute; then `journalctl -u jumpguard` says why."),
    ),
    codes.READER_PORT_MISSING: (
        mark("The card reader's serial port is not there."),
        mark("Plug the HAT in, switch the UART on (`jumpguard setup`), or correct `[reader] port`."),
    ),
    codes.READER_PORT_CLOSED: (
        mark("The terminal's user may not open the card reader's serial port."),
        mark("Add it to the group `dialout`, and restart the terminal."),
    ),
    codes.READER_MINI_UART: (
        mark("The card reader is on the mini UART, whose speed changes with the processor's."),
        mark("Take Bluetooth off the full one (`jumpguard setup`) and set `[reader] port` to /dev/ttyAMA0."),
    ),
    codes.GPIO_CLOSED: (
        mark("The terminal's user may not use the lines of lights and tamper switch."),
        mark("Add it to the group `gpio`, and restart the terminal."),
    ),
    codes.GPIO_UNUSABLE: (
        mark("Lights and tamper switch cannot be reached."),
        mark("Check that this is a Raspberry Pi with /dev/gpiochip0, and that no other program holds the lines."),
    ),
    codes.LIGHTS_FAILING: (
        mark("Lights or buzzer fail."),
        mark("Check their wiring, then restart the terminal."),
    ),
    codes.TIME_SERVICE_OFF: (
        mark("The clock was not set since the start, and no service is there to set it."),
        mark("Switch one on: `timedatectl set-ntp true`"),
    ),
    codes.SUPPLY_THROTTLED: (
        mark("The processor is slowed down."),
        mark("Give it air and shade, and the Raspberry Pi's own supply."),
    ),
    codes.SUPPLY_WAS_WEAK: (
        mark("The voltage was too low at some time since the start."),
        mark("Use the Raspberry Pi's own supply and a short cable: a dip can ruin the memory card."),
    ),
    codes.SWAP_ON: (
        mark("Memory, and card data with it, may be written to a swap area."),
        mark("`jumpguard setup` switches it off; at once: `swapoff --all`."),
    ),
    codes.DISK_READ_ONLY: (
        mark("The terminal's disk cannot be written to."),
        mark("A worn memory card makes itself read-only: replace it; else look at `dmesg` and `mount`."),
    ),
    codes.SYSTEM_NOT_SET_UP: (
        mark("The Raspberry Pi's system is not set up as a terminal's should be."),
        mark(
            "`jumpguard setup --dry-run` shows what is left, without --dry-run it is changed; then restart the machine."
        ),
    ),
    codes.SYSTEM_OTHER: (
        mark("This is no Raspberry Pi's system that `jumpguard setup` knows, or it cannot be read now."),
        mark("On a Raspberry Pi run the doctor as root and read what is said; elsewhere nothing is to be done."),
    ),
    codes.NAMES_UNRESOLVED: (
        mark("The network does not know hosts that the settings name."),
        mark("Check the network cable or WLAN, then the name server (`resolvectl`), then the names."),
    ),
    codes.BROKER_CLOSED: (
        mark("The fleet's broker cannot be reached from here, or does not let the terminal in."),
        mark("Check the line and `[link]`; where it refuses a certificate, ask the operator."),
    ),
    codes.BROKER_NODE_CLOSED: (
        mark("Not every node of the fleet's broker can be reached."),
        mark("The terminal uses the others; tell the operator."),
    ),
    codes.ACQUIRER_CLOSED: (
        mark("The acquirer's host does not take connections from here."),
        mark("Check the line and `[acquirer] host` and `port`; then call the acquirer."),
    ),
}

# fact: what it is called
FACTS = {
    "acknowledged": mark("acknowledged up to entry"),
    "address": mark("address"),
    "available_mib": mark("available, MiB"),
    "because": mark("because of"),
    "bits_now": mark("bits now"),
    "bits_since_boot": mark("bits since the start"),
    "broker": mark("broker"),
    "celsius": mark("degrees Celsius"),
    "checked": mark("looked at"),
    "connections": mark("connections so far"),
    "chip": mark("GPIO chip"),
    "ends": mark("ends"),
    "entries": mark("entries"),
    "entry": mark("entry"),
    "file": mark("file"),
    "files": mark("files"),
    "firmware": mark("firmware"),
    "fleet": mark("fleet"),
    "folder": mark("folder"),
    "free_mib": mark("free, MiB"),
    "installed": mark("installed"),
    "issuer": mark("issued by"),
    "limit": mark("limit"),
    "mark": mark("mark"),
    "merchant": mark("merchant"),
    "mid": mark("merchant number"),
    "most": mark("at most"),
    "name": mark("name"),
    "names": mark("names"),
    "now": mark("now"),
    "oldest_s": mark("oldest, seconds"),
    "open": mark("lets it in"),
    "port": mark("port"),
    "python": mark("Python"),
    "reason": mark("reason"),
    "restarts": mark("restarts"),
    "running": mark("running"),
    "sales": mark("sales"),
    "seconds": mark("seconds"),
    "seen": mark("seen before"),
    "serial": mark("serial"),
    "set_before_s": mark("set, seconds ago"),
    "size_kib": mark("size, KiB"),
    "slot": mark("slot"),
    "state": mark("state"),
    "status": mark("status"),
    "swap_mib": mark("swap, MiB"),
    "tid": mark("terminal number"),
    "time_service": mark("time service"),
    "unit": mark("unit"),
    "unresolved": mark("unresolved"),
    "user": mark("user"),
    "version": mark("version"),
    "waiting": mark("waiting"),
    "why": mark("why"),
}
