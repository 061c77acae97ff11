"""Sends as many bytes as it is asked for: answer.py PORT."""

import socket
import sys

CHUNK = bytes(1 << 20)

with socket.create_server(("", int(sys.argv[1])), backlog=128) as server:
    while True:
        client, _ = server.accept()
        with client:
            left = int(client.recv(20))
            while left > 0:
                left -= client.send(CHUNK[:left])
