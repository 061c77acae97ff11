"""A lab's namespaces: mount, net, pid and uts, with a temporary directory that ends with them."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.process import child_of
from tests.lab.programs import search_path

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
        keeper: list[str | Path] = ["sh", SCRIPTS / "keeper", _template(), SCRIPTS / "init"]
        self._keeper = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *keeper],
            env={**os.environ, "PATH": search_path()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # ^C in a terminal is for who opened the lab, who then closes it.
            start_new_session=True,
            text=True,
        )
        try:
            self.directory = Path(self._read_line())
            _fill(self.directory)
            self._write_line("go")
            if self._read_line() != "ready":
                said = (self.directory / "lab.log").read_text()
                raise LabError(f"no namespaces for a lab: {said}")
            self.pid = self._find_init()
        except BaseException:
            self.close()
            raise

    def _read_line(self) -> str:
        assert self._keeper.stdout
        return self._keeper.stdout.readline().rstrip("\n")

    def _write_line(self, line: str) -> None:
        assert self._keeper.stdin
        self._keeper.stdin.write(line + "\n")
        self._keeper.stdin.flush()

    def _find_init(self) -> int:
        unshare = child_of(self._keeper.pid)
        pid = child_of(unshare) if unshare else None
        if not pid:
            raise LabError("the lab ended as soon as it began")
        return pid

    def close(self) -> None:
        """End it all, and return when nothing is left."""
        self._keeper.terminate()
        self._keeper.communicate()


def _template() -> Path:
    """Return where the keeper is to make the lab's directory, as mktemp wants it."""
    name = "vnetlab-XXXXXXXX"
    template = Path(tempfile.gettempdir()) / name
    # /run is mounted over inside, and a long path is too long for sockets.
    if len(os.fsencode(template)) > LONGEST_DIRECTORY or template.is_relative_to("/run"):
        template = Path("/tmp") / name  # noqa: S108 - mktemp is safe there
    return template


def _fill(directory: Path) -> None:
    directory.chmod(0o755)
    for name in SUBDIRECTORIES:
        (directory / name).mkdir(parents=True)
    # As the machine's own: any user may lock.
    (directory / "run/lock").mkdir()
    (directory / "run/lock").chmod(0o1777)
    (directory / "empty").touch()
    _copy_libvirt_configuration(directory / "etc")


def _copy_libvirt_configuration(etc: Path) -> None:
    """Take the predefined filters and nothing else: networks and hooks are the machine's own."""
    for name in ("qemu/networks", "hooks"):
        (etc / name).mkdir(parents=True)
    for source in (Path("/etc/libvirt/nwfilter"), Path("/usr/share/libvirt/nwfilter")):
        if source.is_dir():
            shutil.copytree(source, etc / "nwfilter")
            break
