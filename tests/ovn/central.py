"""Both of OVN's databases with ovn-northd between them; no host."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from typing import Self

from tests.ovn.database import WITH_TESTS, Database, new_directory
from vnetmgr.runtime.closing import Closing


class Central(Closing):
    """`north` and `south`; ovn-northd makes the one of the other."""

    def __init__(self) -> None:
        self._kept = ExitStack()
        self.directory = new_directory(self._kept)
        self.north = Database("OVN_Northbound", directory=self.directory)
        self.south = Database("OVN_Southbound", directory=self.directory)
        self._northd: subprocess.Popen[bytes] | None = None

    @property
    def remote(self) -> str:
        """Where the northbound database is."""
        return self.north.remote

    def __enter__(self) -> Self:
        self._kept.enter_context(self.north)
        self._kept.enter_context(self.south)
        self.start_northd()
        self.north.ctl("--wait=sb sync")
        return self

    def close(self) -> None:
        """End it."""
        self.kill_northd()
        self._kept.close()

    def start_northd(self) -> None:
        """Start ovn-northd."""
        with (self.directory / "northd.log").open("ab") as log:
            self._northd = subprocess.Popen(
                [
                    *(*WITH_TESTS, "ovn-northd"),
                    *(f"--ovnnb-db={self.north.remote}", f"--ovnsb-db={self.south.remote}"),
                    f"--unixctl={self.directory}/northd.ctl",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill_northd(self) -> None:
        """As `kill -9` does."""
        if self._northd is not None:
            self._northd.kill()
            self._northd.wait()
            self._northd = None
