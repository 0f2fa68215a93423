"""`/metrics` for Prometheus: with a viewer's token, from wherever; behind a proxy every request is from loopback."""

from fastapi import APIRouter, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from tools.fleet.api.caller import Viewer
from tools.fleet.times import utc_now
from tools.fleet.views.metrics import metrics

router = APIRouter(tags=["metrics"])


class MetricsText(Response):
    """The text format of Prometheus."""

    media_type = CONTENT_TYPE_LATEST


@router.get("/metrics", response_class=MetricsText)
def read(caller: Viewer) -> Response:
    """The fleet in numbers."""
    return MetricsText(caller.ask(metrics, utc_now()))
