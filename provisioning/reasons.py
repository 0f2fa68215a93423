"""What a code of the core means to the person who meets it, and what to do about it."""

from agent import lifecycle
from agent.binding import reasons
from agent.journal.disowned import JOURNAL_DISOWNED
from agent.jump import diagnosis
from agent.report import alarms
from agent.sale import outcome
from agent.terminal import TAMPER_SWITCH
from provisioning import order_codes
from provisioning.doctor import meanings as doctor
from provisioning.texts import _, mark

# code: (what it means, what to do)
_MEANINGS = {
    reasons.LIFECYCLE_TAMPERED: (
        mark("The case of this terminal was opened."),
        mark("Have a technician inspect the terminal and clear the tamper latch."),
    ),
    reasons.LIFECYCLE_SUSPENDED: (mark("This terminal is suspended."), mark("Ask the operator why.")),
    reasons.LIFECYCLE_LOCKED: (
        mark("This terminal is locked."),
        mark(
            "Ask the operator to unlock it. Where its journal is disowned (JOURNAL_DISOWNED), only a technician at the"
            ' terminal can: `python -m board --clear "who and why"`.'
        ),
    ),
    JOURNAL_DISOWNED: (
        mark("The backend holds entries that this terminal's journal does not: it was put back, or goes on elsewhere."),
        mark(
            "Have a technician look into it at the terminal, then stop it and begin a new journal with"
            ' `python -m board --clear "who and why"`; the old one is kept as evidence.'
        ),
    ),
    reasons.LIFECYCLE_RETIRED: (mark("This terminal is retired."), mark("Use another terminal.")),
    reasons.TAMPER_OPEN: (
        mark("The case is open, or the tamper switch cannot be read."),
        mark("Close the case, check the switch's wiring and restart the terminal; have a technician clear the latch."),
    ),
    reasons.BINDING_ON_TRIAL: (
        mark("A new merchant record is being tried at the acquirer."),
        mark("Wait a minute and try again."),
    ),
    reasons.STORE_UNREADABLE: (
        mark("The merchant record cannot be read."),
        mark("Check the disk and the file's permissions."),
    ),
    reasons.LIFECYCLE_UNPROVISIONED: (mark("No merchant is set up on this terminal."), mark("Provision the terminal.")),
    reasons.BINDING_MISSING: (
        mark("The merchant record of this terminal is gone."),
        mark("Find out by whom; provision the terminal again."),
    ),
    reasons.JOURNAL_SPACE: (
        mark("The disk has too little room left to record another sale."),
        mark("Free space on the terminal, or let it report what waits to be reported."),
    ),
    reasons.STORE_EMPTY: (
        mark("The merchant record's file is empty."),
        mark("Restore it or provision the terminal again."),
    ),
    reasons.STORE_TRUNCATED: (
        mark("The merchant record's file ends early."),
        mark("Restore it or provision the terminal again."),
    ),
    reasons.STORE_ALTERED: (
        mark("The merchant record's file was altered."),
        mark("Find out by whom; provision the terminal again."),
    ),
    reasons.BINDING_KEY_UNKNOWN: (
        mark("The merchant record is signed with a key that the operator does not vouch for."),
        mark("Install the operator's key set, or have the binding issued again."),
    ),
    reasons.BINDING_KEY_REVOKED: (
        mark("The merchant record is signed with a key that the operator has revoked: somebody else may have it."),
        mark("Have the binding issued again, signed with the key that followed it."),
    ),
    reasons.BINDING_SIGNATURE_BAD: (
        mark("The merchant record was changed after it was signed."),
        mark("Find out by whom; provision the terminal again."),
    ),
    reasons.BINDING_MALFORMED: (
        mark("The merchant record is incomplete or not understood."),
        mark("Have the binding issued again, or update the software."),
    ),
    reasons.BINDING_SERIAL_OTHER: (
        mark("The merchant record belongs to another terminal."),
        mark("Provision this terminal with its own binding."),
    ),
    reasons.HIGH_WATER_MISSING: (
        mark("The mark of the highest binding version is missing."),
        mark("Provision the terminal again."),
    ),
    reasons.HIGH_WATER_ALTERED: (
        mark("The mark of the highest binding version was altered."),
        mark("Find out by whom; provision the terminal again."),
    ),
    reasons.HIGH_WATER_FELL: (
        mark("The mark of the highest binding version is lower than it was: old files were put back."),
        mark("Find out by whom; provision the terminal again."),
    ),
    reasons.CLOCK_UNTRUSTED: (
        mark("The clock was not set since the terminal started, and the binding's validity cannot be told by it."),
        mark("Connect the terminal to a time server."),
    ),
    reasons.MERCHANT_SWITCHES: (
        mark("The merchant of this terminal was changed too often."),
        mark(
            "Ask the operator why; the refusal ends by itself once older switches no longer count ([gate] switch_days)."
        ),
    ),
    reasons.PARAMETERS_DUE: (
        mark("The acquirer's host asks for new parameters to be loaded first."),
        mark("Have the binding issued again with the current parameters; the next sale asks the host again."),
    ),
    reasons.BINDING_VERSION_OLDER: (
        mark("The merchant record is older than one that was in force here."),
        mark("Install the current binding; to go back, have the old content signed as a new version."),
    ),
    reasons.BINDING_NOT_YET_VALID: (
        mark("The merchant record is not valid yet."),
        mark("Check the terminal's clock, or wait until it is."),
    ),
    reasons.BINDING_EXPIRED: (mark("The merchant record has expired."), mark("Have the binding renewed.")),
    reasons.MERCHANT_OTHER: (
        mark("The till asked for another merchant than this terminal is bound to."),
        mark("Correct the merchant number in the till, or use that merchant's terminal."),
    ),
    reasons.CURRENCY_OTHER: (
        mark("The till asked for another currency than this terminal is bound to."),
        mark("Ask for the payment in the bound currency."),
    ),
    reasons.AMOUNT_OVER_LIMIT: (
        mark("The amount is over the limit for one payment on this terminal."),
        mark("Take a smaller amount, or have the limit raised in the binding."),
    ),
    reasons.CLOCK_UNSYNCED: (
        mark("The clock was not set since the terminal started."),
        mark("Check the connection to a time server."),
    ),
    reasons.MID_PATTERN: (
        mark("The merchant number does not follow the usual pattern."),
        mark("Compare it with the acquirer's papers; some real ones do not."),
    ),
    reasons.HIGH_WATER_BEHIND: (
        mark("The mark of the highest version is behind the record in force."),
        mark("Nothing: the next start catches up."),
    ),
    outcome.ACQUIRER_UNREACHABLE: (
        mark("The acquirer cannot be reached; nothing was charged."),
        mark("Check the network and try again."),
    ),
    outcome.SIGN_ON_REFUSED: (
        mark("The acquirer refused this terminal's sign-on; nothing was charged."),
        mark("Call the acquirer with the code; check the terminal's master key."),
    ),
    outcome.SIGN_ON_OTHER_MERCHANT: (
        mark("The acquirer takes this terminal for another merchant; nothing was charged."),
        mark("Call the acquirer: its records tie this terminal to the wrong merchant."),
    ),
    outcome.READER_UNAVAILABLE: (
        mark("The card reader does not work; nothing was charged."),
        mark("Check the NFC HAT and its serial port."),
    ),
    outcome.CANCELLED: (mark("The sale was called off; nothing was charged."), mark("Start again if need be.")),
    outcome.CARD_TIMEOUT: (mark("No card came in time; nothing was charged."), mark("Start the sale again.")),
    outcome.NO_ANSWER: (
        mark("The acquirer did not answer; the charge, if there is one, is being reversed."),
        mark("Take the payment again; the reversal goes out by itself."),
    ),
    outcome.MERCHANT_JUMP: (
        mark("The acquirer booked the payment under another merchant; it is being reversed."),
        mark("Report the jump to the acquirer with the evidence from the fleet."),
    ),
    outcome.MERCHANT_UNPROVEN: (
        mark("The acquirer's approval does not name its merchant; it is being reversed."),
        mark("Report it to the acquirer."),
    ),
    outcome.ANSWER_CONTRADICTORY: (
        mark("The acquirer's answer neither approves nor declines clearly; it is being reversed."),
        mark("Report the code to the acquirer."),
    ),
    outcome.SAME_CARD_AND_AMOUNT: (
        mark("This card has just paid, or may have paid, the same amount."),
        mark("Ask the customer whether both payments are meant, and look at the one before."),
    ),
    outcome.REVERSALS_UNRESOLVED: (
        mark("The acquirer did not take some reversals: nobody knows whether those charges stand."),
        mark("List them with `jumpguard unresolved`; try again with `jumpguard reverse`, or settle by its statement."),
    ),
    outcome.REVERSAL_QUEUED: (
        mark("The reversal is queued and will be sent up to three times."),
        mark("Ask for the sale's status to see what becomes of it."),
    ),
    diagnosis.ROUTED_TO_OTHER_ACQUIRER: (
        mark("The payment was routed to another acquirer."),
        mark("Ask the acquirer for its routing of this terminal."),
    ),
    diagnosis.HOST_MAPS_TERMINAL_TO_OTHER_MERCHANT: (
        mark("The host ties this terminal to another merchant."),
        mark("Have the acquirer correct its record of this terminal."),
    ),
    diagnosis.HOST_ANSWERED_FOR_OTHER_TERMINAL: (
        mark("The host answered for another terminal."),
        mark("Have the acquirer check for a mix-up of terminals."),
    ),
    diagnosis.MERCHANT_POOL_SWITCHING: (
        mark("The acquirer may be booking through a pool of merchants."),
        mark("Complain: one terminal, one code."),
    ),
    diagnosis.MERCHANT_RENAMED_AT_HOST: (
        mark("The host knows this merchant under another name."),
        mark("Compare the name with the licence; have one of the two corrected."),
    ),
    diagnosis.CURRENCY_CONFIGURED_WRONG: (
        mark("The host booked in another currency."),
        mark("Have the acquirer correct the terminal's currency."),
    ),
    alarms.TEMPERATURE_HIGH: (
        mark("The terminal is too hot."),
        mark("Give it air and shade; find out what keeps its processor busy."),
    ),
    alarms.DISK_LOW: (
        mark("The terminal's disk is nearly full."),
        mark("Free space on the terminal, or let it report what waits to be reported."),
    ),
    alarms.MEMORY_LOW: (
        mark("The terminal's memory is nearly used up."),
        mark("Find out what else runs on it, and restart it."),
    ),
    alarms.UNDERVOLTAGE: (
        mark("The terminal's power supply is too weak."),
        mark("Use the Raspberry Pi's own supply and a short cable; take other devices off it."),
    ),
    alarms.OUTBOX_OLD: (
        mark("Events have been waiting for the backend for too long."),
        mark("Check line, broker and backend; nothing is lost meanwhile."),
    ),
    alarms.CLOCK_UNSET: (
        mark("No time source has set the terminal's clock for too long."),
        mark("Check the connection to a time server."),
    ),
    alarms.READER_FAILING: (
        mark("The card reader has been failing for a while."),
        mark("Check the NFC HAT and its serial port."),
    ),
    alarms.CERTIFICATE_ENDING: (
        mark("The terminal's certificate ends soon."),
        mark("Have it renewed, and find out why that did not happen by itself."),
    ),
}
_MEANINGS |= order_codes.MEANINGS | doctor.MEANINGS
CODES = tuple(_MEANINGS)


# What a terminal writes down itself as the state that it is in, and with `_WORDS` why.
LIFECYCLES = {
    lifecycle.UNPROVISIONED: mark("unprovisioned"),
    lifecycle.ACTIVE: mark("active"),
    lifecycle.SUSPENDED: mark("suspended"),
    lifecycle.LOCKED: mark("locked"),
    lifecycle.TAMPERED: mark("tampered"),
    lifecycle.RETIRED: mark("retired"),
}
_WORDS = {TAMPER_SWITCH: mark("the tamper switch"), **LIFECYCLES}


def worded(text: str) -> str:
    """A state or the reason for one, in the chosen language; what a person or the fleet wrote stays as it is."""
    return _(_WORDS[text]) if text in _WORDS else text


def meaning(code: str) -> str:
    """What `code` means, in the chosen language; the code itself where it is none of ours (DE 39, for one)."""
    return _(_MEANINGS[code][0]) if code in _MEANINGS else code


def remedy(code: str) -> str:
    """What to do about `code`, in the chosen language; "" where it is none of ours."""
    return _(_MEANINGS[code][1]) if code in _MEANINGS else ""
