"""`/metrics` for Prometheus: with a viewer's token, from wherever; behind a proxy every request is from loopback."""

from fastapi import APIRouter, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from tools.fleet.api.caller import Viewer
from tools.fleet.times import utc_now
from tools.fleet.views.metrics import metrics

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def read(caller: Viewer) -> Response:
    """The fleet in numbers."""
    return Response(caller.ask(metrics, utc_now()), media_type=CONTENT_TYPE_LATEST)
