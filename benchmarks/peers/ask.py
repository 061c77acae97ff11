"""Asks answer.py for so many bytes, so many times: ask.py HOST PORT TIMES BYTES."""

import socket
import sys

host, port, times, size = sys.argv[1], *map(int, sys.argv[2:])
buffer = bytearray(1 << 20)
for _ in range(times):
    with socket.create_connection((host, port), timeout=20) as server:
        server.sendall(b"%d" % size)
        got = 0
        while count := server.recv_into(buffer):
            got += count
        if got != size:
            sys.exit(f"{got} bytes of {size}")
