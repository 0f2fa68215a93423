"""The log of what was changed: who did what to what, and when."""

import json

from sqlalchemy import Connection, insert

from tools.fleet.access.actor import Actor
from tools.fleet.access.tables import audit
from tools.fleet.times import utc_now


def note(connection: Connection, actor: Actor, action: str, subject: str, **detail: object) -> None:
    """Note that `actor` did `action`, a fixed word such as `alert.acknowledge`, to `subject`; the caller commits.

    `detail` is what JSON can hold, and never a secret.
    """
    row = {
        "at": utc_now(),
        "by": actor.name,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail),
    }
    connection.execute(insert(audit), row)
