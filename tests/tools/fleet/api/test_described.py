"""The API keeps to its own description: schemathesis makes up requests from it. `make fuzz` makes up many more."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.tools.fleet.access.people import ADMINISTRATOR
from tests.tools.fleet.api.program import Program
from tests.tools.fleet.api.test_hostile import DESCRIPTION

FEW = 10
MANY = int(os.environ.get("FUZZ_EXAMPLES", "500"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Without what it says of tokens: made-up ones would keep every request from getting any further.
METHODS = {
    path: {m: {**o, "security": []} for m, o in methods.items()} for path, methods in DESCRIPTION["paths"].items()
}
WHOLE = DESCRIPTION | {"paths": METHODS}
every_boundary = schemathesis.openapi.from_dict(WHOLE)
drawn_only = schemathesis.openapi.from_dict(
    WHOLE, config=schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
)


def hold(case: Case[Any], program: Program) -> None:
    """Make the request as an administrator in a new session, and look at the answer."""
    answer = case.call(program.served.url, headers=program.session(ADMINISTRATOR))
    case.validate_response(answer, checks=CHECKS)


@drawn_only.parametrize()
@settings(max_examples=FEW, deadline=None, suppress_health_check=list(HealthCheck))
def test_some_made_up_requests_are_answered_as_described(case: Case[Any], program: Program) -> None:
    hold(case, program)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@every_boundary.parametrize()
@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_made_up_requests_are_answered_as_described(case: Case[Any], program: Program) -> None:
    hold(case, program)
