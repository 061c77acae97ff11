"""The reference pages of docs/, made from what the program itself goes by.

`PAGES` has each page's file name in docs/reference, and the function that makes its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.commands import commands_page
from reference.hosts import hosts_page
from reference.json_kinds import json_page
from reference.metrics import metrics_page
from reference.running import environment_page, exit_codes_page
from reference.spec import spec_page

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "environment.md": environment_page,
    "exit-codes.md": exit_codes_page,
    "hosts.md": hosts_page,
    "json.md": json_page,
    "metrics.md": metrics_page,
    "spec.md": spec_page,
}
