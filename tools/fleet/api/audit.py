"""`/api/1/audit`: who changed what, for administrators."""

from fastapi import APIRouter

from tools.fleet.api.caller import Administrator
from tools.fleet.api.forms import Paging, Wanted
from tools.fleet.views.audit import Noted, noted
from tools.fleet.views.found import Found

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("")
def listed(
    caller: Administrator,
    page: Paging,
    by: Wanted = None,
    action: Wanted = None,
    subject: Wanted = None,
    since: Wanted = None,
) -> Found[Noted]:
    """What was changed, the latest first."""
    return caller.ask(noted, page, by, action, subject, since)
