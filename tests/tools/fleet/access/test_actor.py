"""What each role may do."""

import pytest

from tools.fleet.access.actor import Actor, Role
from tools.fleet.errors import ForbiddenError


@pytest.mark.parametrize("needed", Role)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_lesser_ones_may_and_no_more(role: Role, needed: Role) -> None:
    order = ["viewer", "operator", "administrator"]
    actor = Actor("wang", role)
    if order.index(role.value) >= order.index(needed.value):
        actor.must_be(needed)
        assert actor.may_be(needed)
    else:
        assert not actor.may_be(needed)
        with pytest.raises(ForbiddenError) as refused:
            actor.must_be(needed)
        for named in ("wang", role.value, needed.value, "administrator"):
            assert named in str(refused.value)
