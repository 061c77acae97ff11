"""Asks an endpoint for its metrics, as Prometheus does: scrape.py URL NICS."""

import socket
import sys
from urllib.parse import urlsplit

url, nics = urlsplit(sys.argv[1]), int(sys.argv[2])
with socket.create_connection((url.hostname, url.port), timeout=20) as server:
    server.sendall(f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
    text = b""
    while chunk := server.recv(1 << 16):
        text += chunk
found = text.count(b"\nvnetmgr_nic_receive_bytes_total{")
if found != nics:
    sys.exit(f"{found} nics of {nics}")
