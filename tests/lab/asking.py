"""Asks a guest's `answer` from anywhere in the lab: ASKING tcp HOST PORT [SOURCE]."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

ASKING = (sys.executable, "-SP", __file__)
"""The program: a file, since as a module it would import the whole lab first."""
TIMEOUT_S = 2.0


def ask(protocol: str, host: str, port: int, source: str = "") -> str:
    """What it answers; `no answer (WHY)`. `source`: the address that is asked from."""
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as client:
        client.settimeout(TIMEOUT_S)
        try:
            if source:
                client.bind((source, 0))
            client.connect((host, port))
            with suppress(BrokenPipeError):
                client.sendall(b"?\n")
            return client.recv(2000).decode().strip() or "no answer (closed)"
        except OSError as error:
            return f"no answer ({error.strerror or error})"


if __name__ == "__main__":
    print(ask(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:]))
