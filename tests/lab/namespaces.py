"""A lab's namespaces: mount, net and pid, with a temporary directory that ends with them."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.process import child_of

SCRIPTS = Path(__file__).parent / "scripts"

# "serial/" and a guest's name have to fit into the 107 bytes of a unix socket's path.
LONGEST_DIRECTORY = 60

SUBDIRECTORIES = (
    "run/libvirt",
    "run/netns",
    "lib",
    "cache",
    "log",
    "serial",
    "tmp",
    "bin",
    "stand-ins",
)


class Namespaces:
    """Open on construction; `close()` ends every process in them and removes the directory.

    That also happens when this process is killed, or when the thread that opened them ends:
    the kernel's parent-death signal goes by threads.
    """

    def __init__(self) -> None:
        self.directory = _make_directory()
        keeper: list[str | Path] = ["sh", SCRIPTS / "keeper", self.directory, SCRIPTS / "init"]
        self._keeper = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *keeper],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # ^C in a terminal is for who opened the lab, who then closes it.
            start_new_session=True,
            text=True,
        )
        assert self._keeper.stdin
        assert self._keeper.stdout
        self._keeper.stdin.write("go\n")
        self._keeper.stdin.flush()
        log = self.directory / "log/lab.log"
        if self._keeper.stdout.readline() != "ready\n":
            printed = log.read_text() if log.exists() else ""
            self.close()
            raise LabError(f"no namespaces for a lab: {printed}")
        self.pid = self._find_init()

    def _find_init(self) -> int:
        unshare = child_of(self._keeper.pid)
        pid = child_of(unshare) if unshare else None
        if not pid:
            self.close()
            raise LabError("the lab ended as soon as it began")
        return pid

    def close(self) -> None:
        """End it all, and return when nothing is left."""
        self._keeper.terminate()
        self._keeper.communicate()


def _make_directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="vnetlab-"))
    # /run is mounted over inside, and a long path is too long for sockets.
    if len(os.fsencode(directory)) > LONGEST_DIRECTORY or directory.is_relative_to("/run"):
        directory.rmdir()
        directory = Path(tempfile.mkdtemp(prefix="vnetlab-", dir="/tmp"))
    directory.chmod(0o755)
    for name in SUBDIRECTORIES:
        (directory / name).mkdir(parents=True)
    # As the machine's own: any user may lock.
    (directory / "run/lock").mkdir()
    (directory / "run/lock").chmod(0o1777)
    (directory / "empty").touch()
    _copy_libvirt_configuration(directory / "etc")
    return directory


def _copy_libvirt_configuration(etc: Path) -> None:
    """Take the predefined filters and nothing else: networks and hooks are the machine's own."""
    for name in ("qemu/networks", "hooks"):
        (etc / name).mkdir(parents=True)
    for source in (Path("/etc/libvirt/nwfilter"), Path("/usr/share/libvirt/nwfilter")):
        if source.is_dir():
            shutil.copytree(source, etc / "nwfilter")
            break
