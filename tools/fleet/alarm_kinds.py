"""The kinds of alarm and alert that the backend raises: what each means to the operator, and what to do about it.

Alarms that a terminal raises of itself, and its codes, stand in `provisioning.reasons`.
"""

from agent.report.delivery import PUT_BACK
from agent.report.guarded_link import KEPT_BACK
from agent.report.reporter import REFUSED
from agent.sale.kinds import JUMP_DETECTED
from agent.update.updates import FAILED as UPDATE_FAILED
from provisioning import reasons
from provisioning.texts import _, mark
from tools.fleet import answers, checkpoints, expiry, gaps, journals, key_sets, line, refusals, renewals, tails
from tools.fleet.alerts import absence, outage

# kind: (what it means, what to do)
_MEANINGS = {
    JUMP_DETECTED: (
        mark("The acquirer booked a payment of this terminal under another merchant, or under another name or fee."),
        mark("Report the jump to the acquirer with its evidence: Jumps page, or `jumpguard fleet jumps export`."),
    ),
    UPDATE_FAILED: (
        mark("The terminal did not take a release, or tried it and went back to the one before."),
        mark("The detail names why; put that right and order the update again, or publish a corrected version."),
    ),
    REFUSED: (
        mark("The terminal heard a message that it does not act upon: forged, old, or for somebody else."),
        mark("Find out who sends to its topics; one after a restart of the backend or the broker may be a late one."),
    ),
    PUT_BACK: (
        mark(
            "The backend acknowledged less of a journal than before: its store was replaced, or put back from a copy."
        ),
        mark("Close this if that was meant: what is still in the terminals is sent again. Else find out by whom."),
    ),
    KEPT_BACK: (
        mark("Something that looked like card data was about to leave the terminal, and was kept back."),
        mark("It is a defect: report it with the software's version."),
    ),
    refusals.EVENT_REFUSED: (
        mark("An event of the terminal breaks the contract: it is sent again for ever, and all behind it waits."),
        mark("Compare the versions of terminal and backend, and update the older one; nothing is lost meanwhile."),
    ),
    refusals.REPORT_REFUSED: (
        mark("What a terminal tells of itself breaks the contract and was not taken; its events go on."),
        mark("Compare the versions of terminal and backend, or find out who else sends on that topic."),
    ),
    gaps.GAP: (
        mark("Entries of a journal are missing, though later ones came."),
        mark(
            "Wait: the terminal sends them again, which ends this alarm. If it stays, look at that terminal's journal."
        ),
    ),
    journals.FORK: (
        mark("Two different entries claim one place in a journal: it was put back, copied or rewritten."),
        mark("Have a technician inspect the terminal; what is no part of the first line is kept as evidence."),
    ),
    line.CHAIN_BREAK: (
        mark("An entry of a journal does not name the one before it: it was altered, or is none of this journal."),
        mark("Have a technician inspect the terminal; close this once the entry that belongs there has come."),
    ),
    line.ENTRIES_LOST: (
        mark("Entries of a journal are lost: this store did not hold them any more, and the terminal had pruned them."),
        mark("Look for them in a copy of an earlier store; close this once it is known what they were."),
    ),
    tails.MISSING_TAIL: (
        mark("A journal was replaced, and its last entries never came."),
        mark("Bring the file that the terminal kept of it to the desk; the alarm ends if they come."),
    ),
    journals.NEW_JOURNAL: (
        mark("The terminal goes on in a new journal: its memory card was swapped, or a technician began one anew."),
        mark("Close this if it was meant; else find out by whom, since what was not reported yet is missing."),
    ),
    journals.RESTORED: (
        mark("An old copy of the terminal's journal was put back; it has locked itself."),
        mark("Have a technician inspect the terminal and begin a new journal (`python -m board --clear`)."),
    ),
    journals.CLONED: (
        mark("There are two terminals under this name: one of them is a copy of the other, or has its certificate."),
        mark("Find both; have the copy's certificate revoked, and begin a new journal in the true one."),
    ),
    answers.CONFIG_ROLLED_BACK: (
        mark("The terminal tells of an older configuration than it did before: its files were put back."),
        mark("Have a technician inspect the terminal, then order its configuration again."),
    ),
    key_sets.KEYS_ROLLED_BACK: (
        mark("The terminal tells of an older key set than it did before: its files were put back."),
        mark("It is sent the newest one again; have a technician inspect the terminal."),
    ),
    checkpoints.CHECKPOINT_UNPROVEN: (
        mark("A checkpoint of the terminal's journal is not signed by its device key: what it took out is not proven."),
        mark("Find out whether the terminal was cloned or its key replaced; the detail says what is wrong with it."),
    ),
    renewals.RENEWAL_NEEDED: (
        mark("The terminal's certificate ends within a third of its life, and nobody here renews it."),
        mark("Start the backend with --authority and --broker-folder, or issue a new one by hand."),
    ),
    renewals.RENEWAL_FAILED: (
        mark("The terminal's certificate could not be renewed; it goes on with the old one."),
        mark("The detail says why; it is tried again every hour, or by `jumpguard fleet renew` at once."),
    ),
    renewals.RENEWAL_UNUSED: (
        mark("The terminal took its new certificate and connects with the old one."),
        mark("Bring every broker up to date: no one lets it in with the new certificate."),
    ),
    expiry.BACKEND_CERTIFICATE_ENDING: (
        mark("More than two thirds of the life of the backend's, or a worker's, certificate are over."),
        mark("Make a new one (`jumpguard fleet backend-certificate`) and restart `jumpguard fleet ingest` with it."),
    ),
    expiry.BROKER_CERTIFICATE_ENDING: (
        mark("More than two thirds of the life of a broker's certificate are over; at its end no terminal connects."),
        mark("Make a new one: `jumpguard fleet broker` with --new-certificate, one node after the other."),
    ),
    absence.TERMINAL_LOST: (
        mark("The terminal lost its connection, and did not come back."),
        mark("Look whether it has power and a network; ask the merchant. What it has to say waits in it."),
    ),
    absence.TERMINAL_SILENT: (
        mark("The terminal says that it is online, and nothing else for a long time."),
        mark("Send it a `ping`; if that is not answered, have it restarted and its network looked at."),
    ),
    outage.BROKER_DOWN: (
        mark("The broker cannot be reached, by the backend or by most of the fleet. What follows from it is hidden."),
        mark("Look at the broker and the network before it; terminals sell meanwhile, and report afterwards."),
    ),
}
KINDS = tuple(_MEANINGS)


def meaning(kind: str) -> str:
    """What an alarm of `kind`, the backend's or a terminal's, means in the chosen language."""
    return _(_MEANINGS[kind][0]) if kind in _MEANINGS else reasons.meaning(kind)


def remedy(kind: str) -> str:
    """What to do about an alarm of `kind`, in the chosen language; "" where it is none of ours."""
    return _(_MEANINGS[kind][1]) if kind in _MEANINGS else reasons.remedy(kind)
