"""Whoever looks at the fleet or changes something there, and what that one may do."""

from dataclasses import dataclass
from enum import Enum
from functools import total_ordering

from tools.fleet.errors import ForbiddenError


@total_ordering
class Role(Enum):
    """What somebody may do; a greater role may do all that a lesser one may.

    Viewers look; operators give orders and work on alerts and jumps; administrators see to users, tokens and channels.
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    def __lt__(self, other: "Role") -> bool:
        roles = list(Role)
        return roles.index(self) < roles.index(other)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Actor:
    """A user by `name`, or `cli:ACCOUNT` for an account of the backend's machine."""

    name: str
    role: Role

    def may_be(self, role: Role) -> bool:
        """Whether this one may do what `role` may."""
        return self.role >= role

    def must_be(self, role: Role) -> None:
        """Raise ForbiddenError unless this one may do what `role` may."""
        if not self.may_be(role):
            raise ForbiddenError(
                f"{self.name} is {self.role}, and this takes the role {role}: ask an administrator for it"
                " (jumpguard fleet users role)"
            )
