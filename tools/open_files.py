"""How many files a process may open: each connection is one."""

import resource

from tools.errors import LimitError

# What a process opens beside its connections.
_BESIDE = 200


def allow_files(count: int) -> None:
    """Let this process and those that it starts open `count` connections each. Raises LimitError."""
    wanted = count + _BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise LimitError(
            f"{count} connections need {wanted} open files, and {hard} are allowed: raise the hard limit (`ulimit -Hn"
            f" {wanted}` as root, or `nofile` in /etc/security/limits.conf), or take fewer"
        )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
