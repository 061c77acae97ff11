"""Run commands in a guest through its serial console, which QEMU offers as a unix socket."""

import base64
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.errors import GuestError, GuestTimeoutError

READY = re.compile(rb"\[\[guest ready\]\]\n")


class Console:
    """The shell on a guest's serial console.

    QEMU serves one client at a time and lets others wait, so each command has a connection of
    its own: a person's `guest-sh` and a test can use the same guest.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def wait_ready(self, timeout: float) -> None:
        """Wait until the guest's shell answers."""
        with self._connected(timeout) as stream:
            while not stream.find(READY):
                stream.expect_time_left("no shell")
                # An empty line makes a shell that announced itself before we came say it again.
                if not stream.receive(at_most=1):
                    stream.send(b"\n")

    def run(self, command: str, timeout: float = 60) -> tuple[int, str]:
        """Run a shell command; return its exit code and its output, standard error included."""
        nonce = secrets.token_hex(6).encode()
        begin = b"[[begin %b]]\n" % nonce
        end = re.compile(rb"\[\[end %b (\d+)\]\]\n" % nonce)
        with self._connected(timeout) as stream:
            stream.send(b"@%b %b\n" % (nonce, base64.b64encode(command.encode())))
            try:
                while not (found := stream.find(end)):
                    stream.expect_time_left(command)
                    stream.receive()
            except GuestTimeoutError:
                stream.interrupt(end)
                raise
            _, _, output = stream.printed(upto=found.start()).rpartition(begin.decode())
        return int(found[1]), output.rstrip("\n")

    @contextmanager
    def _connected(self, timeout: float) -> Iterator["_Stream"]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            try:
                connection.connect(str(self.path))
            except OSError as error:
                raise GuestError(f"no console at {self.path}: {error}") from error
            yield _Stream(connection, timeout)


class _Stream:
    """One connection, its deadline, and all that was printed on it."""

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._received = bytearray()
        self._searched = 0

    def printed(self, upto: int | None = None) -> str:
        # The kernel's messages and the time before the shell's stty have carriage returns.
        return self._received[:upto].decode(errors="replace").replace("\r\n", "\n")

    def expect_time_left(self, what: str) -> None:
        if time.monotonic() > self._deadline:
            raise GuestTimeoutError(f"{what}: no end after {self._timeout:g} s\n{self.printed()}")

    def send(self, data: bytes) -> None:
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise GuestError(f"the guest is gone: {error}\n{self.printed()}") from error

    def receive(self, at_most: float = 60) -> bool:
        """Wait for more, `at_most` so many seconds; return whether something came."""
        left = min(self._deadline - time.monotonic(), at_most)
        self._connection.settimeout(max(left, 0.01))
        try:
            data = self._connection.recv(65536)
        except TimeoutError:
            return False
        except OSError as error:
            raise GuestError(f"the guest is gone: {error}\n{self.printed()}") from error
        if not data:
            raise GuestError(f"the guest is gone\n{self.printed()}")
        self._received += data
        return True

    def find(self, line: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Search what was not searched yet: output comes a few bytes at a time."""
        found = line.search(self._received, max(self._searched - 80, 0))
        self._searched = len(self._received)
        return found

    def interrupt(self, end: re.Pattern[bytes]) -> None:
        """End a command that hangs, so that the shell is free for the next one."""
        self.send(b"\x03")
        self._deadline = time.monotonic() + 30
        while not self.find(end) and time.monotonic() < self._deadline:
            self.receive()
