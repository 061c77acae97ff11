"""Three ovsdb-servers that are one database, by raft."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Self

from tests.lab.waiting import eventually
from tests.ovn.database import SCHEMAS, Server, new_directory, run
from vnetmgr.runtime.closing import Closing

NAME = "OVN_Northbound"


class Cluster(Closing):
    """The northbound database on three servers."""

    def __init__(self) -> None:
        self._kept = ExitStack()
        self.directory = new_directory(self._kept)
        self.members = tuple(Server(self.directory, f"n{number}", NAME) for number in range(3))

    @property
    def remote(self) -> str:
        """All three, separated by commas."""
        return ",".join(member.remote for member in self.members)

    def __enter__(self) -> Self:
        first, *others = self.members
        raft = [f"unix:{self.directory}/{member.name}.raft" for member in self.members]
        run(f"ovsdb-tool create-cluster {first.file} {SCHEMAS[NAME]} {raft[0]}")
        for member, own in zip(others, raft[1:], strict=True):
            run(f"ovsdb-tool join-cluster {member.file} {NAME} {own} {raft[0]}")
        for member in self.members:
            member.start()
        eventually(lambda: all(map(_has_joined, self.members)), "all three are in the cluster")
        self.ctl("init")
        return self

    def close(self) -> None:
        """End it."""
        for member in self.members:
            member.kill()
        self._kept.close()

    def ctl(self, command: str) -> str:
        """Run ovn-nbctl with these words, as soon as somebody leads."""
        answers: list[str] = []
        eventually(lambda: self._attempt(command, answers), f"ovn-nbctl {command}")
        return answers[0]

    def _attempt(self, command: str, answers: list[str]) -> bool:
        """Who leads when it is asked may do so no longer when the program connects."""
        leader = self.leader()
        try:
            answers.append(run(f"ovn-nbctl --timeout=30 --db={leader.remote} {command}"))
        except AssertionError as error:
            if "database connection failed" not in str(error):
                raise
        return bool(answers)

    def leader(self) -> Server:
        """Who leads now; waits until somebody does."""
        return eventually(self._leader, "the cluster has a leader")  # type: ignore[return-value]

    def _leader(self) -> Server | None:
        for member in self.members:
            if re.search(r"^Role: leader$", _status(member), re.MULTILINE):
                return member
        return None


def _status(member: Server) -> str:
    try:
        return member.appctl(f"cluster/status {NAME}")
    except AssertionError:  # it does not run
        return ""


def _has_joined(member: Server) -> bool:
    status = _status(member)
    known = re.search(r"^Leader: (?!unknown)", status, re.MULTILINE)
    return "Status: cluster member" in status and known is not None
