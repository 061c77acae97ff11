"""What the tables of options say, in the words of a spec."""

from __future__ import annotations

import re

_FLAG = re.compile(r"--([a-z][a-z0-9-]*)")


def in_spec_words(message: str) -> str:
    """`--dhcp-range` is `dhcp_range` here."""
    return _FLAG.sub(lambda match: match[1].replace("-", "_"), message)


def about(problem: str) -> tuple[str, str]:
    """(key, problem) of one that begins with its option, as `--mtu: ...`; ("", problem) else."""
    match = _FLAG.match(problem)
    if match is None:
        return "", in_spec_words(problem)
    rest = problem[match.end() :].removeprefix(":").strip()
    return match[1].replace("-", "_"), in_spec_words(rest)
