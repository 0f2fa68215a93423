"""What a terminal answers to an order of the fleet that it does not carry out: code, meaning, remedy."""

from agent.binding import install
from agent.command import certificates, status
from agent.config import configuration, settable
from provisioning.texts import mark

# code: (what it means, what to do)
MEANINGS = {
    status.TYPE_UNKNOWN: (
        mark("The terminal's software does not know this type of command."),
        mark("Update its software, or order what it knows."),
    ),
    status.ARGS_INVALID: (
        mark("The terminal's software does not take these arguments of the command."),
        mark("Compare the versions of terminal and backend, and order it again with other arguments."),
    ),
    status.COUNTER_OLD: (
        mark("The terminal has taken a later command already, or its journal is newer; it does not run this one."),
        mark("Order it again; if that repeats, find out whether another backend uses the same key."),
    ),
    status.COUNTER_UNKNOWN: (
        mark(
            "The terminal's journal is new and its clock is not set: it cannot tell whether the command is an old one."
        ),
        mark("Connect the terminal to a time server, and order it again."),
    ),
    status.EXPIRED: (
        mark("The command came to its turn after its deadline; nothing was done."),
        mark("Order it again with a longer time (--lasts), and check the terminal's clock."),
    ),
    status.INTERRUPTED: (
        mark("The terminal was restarted while the command ran; how far it came is unknown."),
        mark("Look at the terminal with `diagnosis`, then order it again."),
    ),
    status.NOT_ALLOWED: (
        mark("The terminal's state does not allow it; nothing was done."),
        mark("Look at its lifecycle; a tamper latch is cleared on site, and a link without certificate renews none."),
    ),
    certificates.CERTIFICATE_MALFORMED: (
        mark("The new certificate of the link is not one in PEM."),
        mark("Have it issued again."),
    ),
    certificates.CERTIFICATE_OTHER_KEY: (
        mark("The new certificate of the link is not for the key that waits in the terminal."),
        mark("Order `renew_certificate` again, and issue it for that request."),
    ),
    certificates.CERTIFICATE_OTHER_NAME: (
        mark("The new certificate of the link is for another terminal or fleet."),
        mark("Order `renew_certificate` again, and issue it for that request."),
    ),
    certificates.CERTIFICATE_OTHER_CA: (
        mark("The new certificate of the link is from another authority than the one before."),
        mark("Issue it from the devices authority in use; after that was replaced, a technician has to bring it."),
    ),
    certificates.CERTIFICATE_EXPIRED: (
        mark("The new certificate of the link has expired."),
        mark("Issue another, and check the terminal's clock."),
    ),
    certificates.CERTIFICATE_EARLY: (
        mark("The new certificate of the link is not valid yet."),
        mark("Check the clocks of the terminal and of the authority's machine."),
    ),
    certificates.KEY_UNUSABLE: (
        mark("The terminal cannot read or write the files of its link's key."),
        mark("Check its disk and the permissions there; its log names the file."),
    ),
    install.BINDING_NOT_NEWER: (
        mark("The merchant record is not above the version in force."),
        mark("Have it signed as a new version, above every one before."),
    ),
    install.BINDING_KEY_RETIRED: (
        mark("The merchant record is signed with a key that the operator has retired."),
        mark("Have it signed again, with the key that followed it."),
    ),
    configuration.PART_UNKNOWN: (
        mark("The terminal's software does not know a part of this configuration."),
        mark("Update its software, or order what it knows."),
    ),
    configuration.TRIAL_FAILED: (
        mark("The acquirer did not take the terminal for the new record's merchant; the old record stays in force."),
        mark("The detail says why; have the acquirer or the record corrected, and order it again."),
    ),
    configuration.STORE_FAILED: (
        mark("The new merchant record could not be written; the old one stays in force."),
        mark("Check the terminal's disk, then order it again."),
    ),
    settable.SETTING_FIXED: (
        mark("A setting of this configuration cannot be set from afar."),
        mark("Leave it out, or change the terminal's own file."),
    ),
    settable.SETTING_INVALID: (
        mark("A value of this configuration is not one of that setting."),
        mark("Look it up with `jumpguard settings explain`, and order it again."),
    ),
}
