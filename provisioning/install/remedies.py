"""Why an installation does not go on, by code, and what to do about it."""

from provisioning import reasons
from provisioning.texts import _, mark

_MEANINGS = {
    "BINDING_FILE": (
        mark("the file holds no signed binding"),
        mark("Give the file that `jumpguard provision sign` handed out."),
    ),
    "OTHER_FLEET": (
        mark("the key set is for another fleet than this desk's"),
        mark("Correct fleet or key_set in the desk file."),
    ),
    "SIGNER": (
        mark("the binding is signed by a key that the key set does not vouch for now"),
        mark("Have the binding signed again with the present signer's key, or take the newest key set."),
    ),
    "SIGNATURE": (
        mark("the binding was changed after it was signed"),
        mark("Find out by whom; have it handed out again with `jumpguard provision sign`."),
    ),
    "NOT_YET_VALID": (mark("the binding is not valid yet"), mark("Install it from that day on, or sign it anew.")),
    "EXPIRED": (mark("the binding has expired"), mark("Have it renewed: `jumpguard provision sign --renew`.")),
    "CLOSED": (
        mark("the registry says that this terminal's binding was closed"),
        mark("Sign a new one for it, or take the terminal that the numbers were given to."),
    ),
    "NOT_REGISTERED": (
        mark("the registry does not know this binding"),
        mark("Give the file that was handed out for this registry."),
    ),
    "SUPERSEDED": (
        mark("the registry has a newer binding for this terminal"),
        mark("Have the newest handed out with `jumpguard provision sign`, and install that."),
    ),
    "NO_ACQUIRER": (
        mark("the desk file does not say where this acquirer is"),
        mark("Add a section [acquirers.CODE] with host, port and tpdu to the desk file."),
    ),
    "MASTER_KEY": (
        mark("the terminal master key for this terminal number cannot be used"),
        mark("Put the key that the acquirer handed out into <TID>.tmk in the folder master_keys, mode 0600."),
    ),
    "SETTINGS": (
        mark("the terminal would not take these settings"),
        mark("Correct the section [settings] of the desk file; `jumpguard settings explain` tells of each key."),
    ),
    "AUTHORITY_EXPIRED": (
        mark("the operator's certificate authority has expired"),
        mark("Have the operator make a new one: `jumpguard fleet ca` says how."),
    ),
    "ADDRESS": (mark("this is no address"), mark("Write it as [USER@]HOST[:PORT].")),
    "HOST_KEY_UNKNOWN": (
        mark("the terminal's SSH host key was never seen here"),
        mark("Compare it with the one that the terminal shows, then give it: --host-key SHA256:..."),
    ),
    "HOST_KEY_CHANGED": (
        mark("another machine answers than the one that is known under this address"),
        mark("Find out why before anything else; a new card in the terminal has a new key: `ssh-keygen -R HOST`."),
    ),
    "HOST_KEY_OTHER": (
        mark("the terminal's SSH host key is another than the one given"),
        mark("Check address and key; do not go on."),
    ),
    "KNOWN_HOSTS": (mark("the list of known SSH hosts cannot be written"), mark("Check the file's permissions.")),
    "LOGIN": (
        mark("the terminal does not let this user in"),
        mark("Name user and key: --over USER@HOST --identity FILE; or load the key into the agent."),
    ),
    "UNREACHABLE": (
        mark("the terminal cannot be reached"),
        mark("Check address, cable and power; the terminal has to be on this network, with SSH on."),
    ),
    "LINE_LOST": (mark("the terminal does not answer any more"), mark("Check cable and power, and start again.")),
    "NO_SOFTWARE": (
        mark("JumpGuard is not installed on the terminal"),
        mark("Install its Debian package first; over SSH the user has to be root, or one that sudo asks no password."),
    ),
    "NOT_ALLOWED": (
        mark("this user may not write to the terminal's files"),
        mark("Run the command as root: sudo jumpguard provision install ..."),
    ),
    "BUSY": (
        mark("somebody else works on this terminal"),
        mark("Wait until that is over; one that was cut off gives up within a minute."),
    ),
    "PROVISIONED": (
        mark("this terminal is provisioned already"),
        mark("To bind it to another merchant use `jumpguard provision change`; this command is for blank ones."),
    ),
    "BLANK": (
        mark("nothing is installed on this terminal"),
        mark("Use `jumpguard provision install` for a blank terminal."),
    ),
    "OTHER_TERMINAL": (
        mark("this is another terminal than the one that is meant"),
        mark("Compare the label on the case with the serial, and check the address."),
    ),
    "FLEET_OTHER": (
        mark("the terminal belongs to another fleet than this desk's"),
        mark("Use the desk file of that fleet."),
    ),
    "BINDING_NOT_NEWER": (
        mark("the terminal has this version already, or a newer one"),
        mark("A lower version is never installed: `jumpguard provision restore` signs earlier content as a new one."),
    ),
    "UNFINISHED": (
        mark("the terminal still works on a sale or a reversal"),
        mark("Leave it running until that is through; `jumpguard status` tells."),
    ),
    "UNRESOLVED": (
        mark("whether charges stand under the present merchant is not known"),
        mark("Have the acquirer look, then clear each: `python -m board --settings FILE --settle SALE --why ...`."),
    ),
    "NO_CERTIFICATE": (
        mark("the terminal has no certificate by which brokers know it"),
        mark("Have it issued one first: `jumpguard fleet device-certificate`."),
    ),
    "NOT_CLOSED": (
        mark("the registry still has a binding of the old terminal in force"),
        mark(
            "Have its numbers signed for the new one: give the signer's key, or run the command at the signer's desk."
        ),
    ),
    "NO_REGISTRY": (mark("the desk file names no registry"), mark("Name it: it says what was signed for whom.")),
    "NOBODY": (
        mark("there is nobody to ask, and an inspection needs a person"),
        mark("Run it in a terminal window, as whoever has looked at the case."),
    ),
    "NOT_AGREED": (mark("the person at the terminal said no"), mark("Find out what is not as it should be.")),
    "NOTHING_TO_CLEAR": (
        mark("the terminal is neither tampered nor locked nor suspended"),
        mark("Nothing is to be done; `jumpguard doctor` says whether it can sell."),
    ),
    "UNSENT": (
        mark("the backend does not have everything that the terminal's journal holds"),
        mark("Give it a way to broker and backend; or say that it is to be lost: --lose COUNT."),
    ),
    "CLEAR": (mark("the terminal cannot be cleared"), ""),
    "RETIRE": (mark("the terminal cannot be retired"), ""),
    "SPACE": (mark("the terminal's disk is nearly full"), mark("Free some space on it, or use a larger card.")),
    "DISK": (mark("the terminal's disk refuses"), mark("Free some space on it, or replace the card.")),
    "READER": (
        mark("the card reader does not answer"),
        mark("Check that the NFC HAT sits well and is strapped to UART; `jumpguard setup` sets the serial port."),
    ),
    "GPIO": (
        mark("lights, buzzer and switches cannot be used"),
        mark("Run it on a Raspberry Pi whose /dev/gpiochip0 is free: stop other programs that use it."),
    ),
    "LIGHTS": (mark("lights or buzzer do not work"), mark("Check their wires by the table in the README.")),
    "CASE": (
        mark("the tamper switch does not follow the case"),
        mark("Close the case; check the switch and its wires."),
    ),
    "CLOCK": (
        mark("the terminal's clock is off"),
        mark("Connect the terminal to a time server, and wait until its clock is set."),
    ),
    "NETWORK": (
        mark("the terminal does not get through"),
        mark("Check the shop's network and its firewall, and the address in the desk file."),
    ),
    "GUARD": (mark("nobody could watch over the installation"), mark("Restart the terminal and start again.")),
    "SYSTEMCTL": (mark("the service manager refuses"), mark("Look at `systemctl status jumpguard` on the terminal.")),
    "BINDING": (mark("the terminal does not take the binding"), mark("Have it issued again for this terminal.")),
    "SERVICE": (
        mark("the service does not come up"),
        mark("Look at `journalctl -u jumpguard` on the terminal for what it says."),
    ),
    "NOT_ACTIVE": (
        mark("the terminal runs and does not become active"),
        mark("Its lights and `systemctl status jumpguard` say why."),
    ),
    "SALE": (mark("the test sale was not approved"), mark("Use a test card that the acquirer approves.")),
    "SALE_UNRESOLVED": (
        mark("nobody knows whether the charge of the test sale stands"),
        mark("Its reversal goes on when the terminal is installed again; else ask the acquirer for the sale."),
    ),
    "SALE_OTHER": (
        mark("the receipt of the test sale names another merchant than the binding"),
        mark("Call the acquirer: its records of this terminal do not agree with the binding."),
    ),
    "FLEET_SILENT": (
        mark("the backend has not heard of the terminal"),
        mark("Check that broker and backend run, and that the broker was told of the new certificate."),
    ),
    "INTERRUPTED": (mark("it was called off"), ""),
    "JOURNAL": (mark("the terminal's journal cannot be read"), mark("Look at the terminal's disk.")),
}


def explained(code: str, detail: str) -> tuple[str, str]:
    """What `code` and its `detail` mean, and what to do about it, in the chosen language; "" where nobody knows."""
    if code in _MEANINGS:
        meaning, remedy = (_(text) if text else "" for text in _MEANINGS[code])
    else:
        known = reasons.meaning(code)
        meaning, remedy = "" if known == code else known.rstrip("."), reasons.remedy(code)
    return ": ".join(part for part in (meaning, detail) if part), remedy
