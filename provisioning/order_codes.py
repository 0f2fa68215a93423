"""What a terminal answers to an order of the fleet that it does not carry out: code, meaning, remedy."""

from agent.binding import install
from agent.command import certificates, status
from agent.config import configuration, settable
from agent.update import codes as update
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
    update.UPDATE_NOT_SET_UP: (
        mark("The terminal trusts no repository of releases, or does not know where it is."),
        mark("Have a technician put root.json and repository into /etc/jumpguard/update."),
    ),
    update.UPDATE_CLOCK_UNSYNCED: (
        mark("The terminal's clock was not set since it started, so it cannot tell what has expired."),
        mark("Connect the terminal to a time server, and order it again."),
    ),
    update.UPDATE_UNREACHABLE: (
        mark("The terminal cannot read the repository of releases."),
        mark("Check the network and the web server, and order it again."),
    ),
    update.UPDATE_FORGED: (
        mark("The release is not what the repository's keys have signed: forged, or damaged on its way."),
        mark("Order it again; if that repeats, find out who changed the repository, or what lies before it."),
    ),
    update.UPDATE_EXPIRED: (
        mark("The repository's signatures have expired: it is an old copy, or nobody has refreshed it."),
        mark("Run `jumpguard release refresh`, check the terminal's clock, and order it again."),
    ),
    update.UPDATE_ROLLED_BACK: (
        mark("The repository is older than the terminal has seen it."),
        mark("Find out who put an old copy there; publish again with `jumpguard release`."),
    ),
    update.UPDATE_NOT_NEWER: (
        mark("The release is not later than the one that the terminal has."),
        mark("Publish what is needed as a later version: a terminal never goes back to an older one."),
    ),
    update.UPDATE_UNKNOWN: (
        mark("The repository does not have this release."),
        mark("Look at `jumpguard release show`, and publish the release first."),
    ),
    update.UPDATE_OTHER_MACHINE: (
        mark("The repository has this release, but not for the terminal's architecture and Python."),
        mark("Publish the package that was built for it."),
    ),
    update.UPDATE_TOO_LARGE: (
        mark("The package of the release is larger than a terminal takes."),
        mark("Find out what made it grow, and publish a smaller one."),
    ),
    update.UPDATE_NO_SPACE: (
        mark("The terminal's disk has no room for the release beside what is to stay free."),
        mark("Free some space on it, or give it a larger card."),
    ),
    update.UPDATE_MALFORMED: (
        mark("The package does not hold an environment of that release."),
        mark("Build it anew, and publish it as a later version."),
    ),
    update.UPDATE_UNDER_WAY: (
        mark("Another release is being fetched or on trial."),
        mark("Wait until it is committed or has failed, and order it again."),
    ),
    update.UPDATE_NO_ANSWER: (
        mark("The terminal's update service did not answer."),
        mark("Look at `systemctl status jumpguard-update.path jumpguard-update.service` on the terminal."),
    ),
    update.UPDATE_NOT_STARTED: (
        mark("The new release did not start, or ended before it was ready; the one before is back."),
        mark("Look into the terminal's log for why; publish a corrected version."),
    ),
    update.UPDATE_NOT_SIGNED_ON: (
        mark("The new release started and could not sign on to the acquirer in time; the one before is back."),
        mark("Find out whether the one before can sign on; order it again if the acquirer was away."),
    ),
    update.UPDATE_NOT_ACKNOWLEDGED: (
        mark("The new release signed on and the backend did not acknowledge it in time; the one before is back."),
        mark("Check link and backend, and look for a refused event; order it again if the backend was away."),
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
