"""People who work on the same host at the same time, each with the programs that people use."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Self

import libvirt

from tests.lab.waiting import eventually
from tests.system.conftest import interfaces, ok

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lab import Lab

THEIRS = "52:54:00:00:0c:99"
AT_MOST_S = 900.0
"""What ends a colleague whom nobody tells to stop."""

# What somebody types into the editor that `virsh edit` opens.
EDITOR = """#!/bin/sh
sed -i -e '/<description>/d' -e "s|^  <memory |  <description>$TYPED</description>\\n&|" "$1"
"""


class Colleague(threading.Thread):
    """Does one piece of work after the other, each in processes of its own; `with` one at work, and
    who has failed in it is not meddled with any longer.

    `work` gets the number of the piece. Before the next one, `kept` says whether the last is
    still there: so that no loss is hidden by what comes after it.
    """

    def __init__(
        self, work: Callable[[int], None], kept: Callable[[int], bool], *, rest_s: float = 0.1
    ) -> None:
        super().__init__(daemon=True)
        self._work, self._kept, self._rest_s = work, kept, rest_s
        self.enough = threading.Event()
        self.times = 0
        self.lost: list[int] = []
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.enough.set()
        self.join()

    def run(self) -> None:
        end = time.monotonic() + AT_MOST_S
        try:
            while not self.enough.is_set() and time.monotonic() < end:
                self._work(self.times)
                self.times += 1
                self.enough.wait(self._rest_s)
                self._look()
        except BaseException as error:
            self.error = error

    def _look(self) -> None:
        if not self._kept(self.times - 1):
            self.lost.append(self.times - 1)

    def leave(self) -> None:
        """Go home; everything that was done has to be there, the last of it still."""
        self.enough.set()
        self.join()
        assert self.error is None, self.error
        self._look()
        assert not self.lost, f"lost {self.lost} of {self.times}"


def config(lab: Lab, domain: str) -> str:
    """A config as virsh shows it."""
    return ok(lab.run(["virsh", "dumpxml", domain, "--inactive"]))


def plugger(lab: Lab, domain: str) -> Colleague:
    """`virsh attach-interface` and `virsh detach-interface`, of a nic of the running guest."""

    def work(number: int) -> None:
        plug(lab, domain, number, "--live", "--config")

    def kept(number: int) -> bool:
        documents = (config(lab, domain), ok(lab.run(["virsh", "dumpxml", domain])))
        return all(is_plugged(each) is not bool(number % 2) for each in documents)

    return Colleague(work, kept)


def plug(lab: Lab, domain: str, number: int, *states: str) -> None:
    """Plug the colleague's nic in, or out where the number is odd."""
    if number % 2:
        argv = ["detach-interface", domain, "bridge", "--mac", THEIRS]
    else:
        argv = ["attach-interface", domain, "bridge", "br1", "--mac", THEIRS, "--model", "virtio"]
    ok(lab.run(["virsh", *argv, *states]))
    if number % 2 and "--live" in states:
        # libvirt waits 5 s for the guest, and then says that it is done all the same.
        show = ["virsh", "dumpxml", domain]
        eventually(lambda: not is_plugged(ok(lab.run(show))), "the guest lets go")


def is_plugged(document: str) -> bool:
    """Whether a document has the colleague's nic."""
    return any(THEIRS in nic for nic in interfaces(document))


def editor(lab: Lab, domain: str) -> Colleague:
    """`virsh edit` of a domain."""
    return Colleague(
        lambda number: edit(lab, domain, f"edit {number}"),
        lambda number: is_described(lab, domain, f"edit {number}"),
    )


def definer(lab: Lab, domain: str) -> Colleague:
    """What `virsh edit` does at its end, over and over without a rest: so that some of it falls
    into each of somebody else's calls, however short that is."""
    handle = lab.conn.lookupByName(domain)

    def work(number: int) -> None:
        document = handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        start, _, rest = re.sub("  <description>.*\n", "", document).partition("  <memory ")
        described = f"  <description>{number}</description>\n"
        lab.conn.defineXML(f"{start}{described}  <memory {rest}")

    def kept(number: int) -> bool:
        document = handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        return f"<description>{number}</description>" in document

    return Colleague(work, kept, rest_s=0)


def edit(lab: Lab, domain: str, description: str) -> None:
    """Set a domain's description by `virsh edit`, which reads and writes the whole document."""
    script: Path = lab.directory / "editor"
    if not script.exists():
        script.write_text(EDITOR)
        script.chmod(0o755)
    env = {"VISUAL": str(script), "EDITOR": str(script), "TYPED": description}
    said = ok(lab.run(["virsh", "edit", domain], env=env))
    assert "XML configuration edited" in said, said


def describe(lab: Lab, domain: str, description: str) -> None:
    """Set a domain's description by `virt-xml --edit`, which writes the whole document, too."""
    wanted = f"description={description}"
    ok(lab.run(["virt-xml", domain, "--edit", "--metadata", wanted, "--define"]))


def is_described(lab: Lab, domain: str, description: str) -> bool:
    """Whether that is the domain's description."""
    return f"<description>{description}</description>" in config(lab, domain)
