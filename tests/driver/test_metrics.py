"""metrics as a program: what it prints, what it serves, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Iterator

VNETMGR = (sys.executable, "-m", "vnetmgr", "metrics")
HERE, NOWHERE = "test:///default", "qemu+unix:///system?socket=/no/such/socket"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*VNETMGR, *words], capture_output=True, text=True, check=False)


@contextmanager
def serving(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """An endpoint, and where it is."""
    command = [*VNETMGR, "--listen", "0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process, process.stderr.readline().split()[-1]
        finally:
            process.kill()


def fetch(url: str) -> dict[str, float]:
    """The values that have no labels."""
    with urlopen(url, timeout=30) as answer:  # noqa: S310 - ours
        text = answer.read().decode()
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }


def test_what_is_printed_as_text_is_printed_as_json() -> None:
    text, document = run("-c", HERE), json.loads(run("-c", HERE, "-o", "json").stdout)
    families = list(text_string_to_metric_families(text.stdout))
    items = document["items"]
    of_text = [sample for family in families for sample in family.samples]
    of_json = [(item["name"], sample) for item in items for sample in item["samples"]]
    assert [(each.name, each.labels) for each in of_text] == [
        (name, sample["labels"]) for name, sample in of_json
    ]
    (nic,) = [each for each in of_text if each.name == "vnetmgr_nic_link_up"]
    assert (nic.labels["domain"], nic.labels["network"], nic.value) == ("test", "default", 1.0)


def test_without_libvirt_it_fails() -> None:
    result = run("-c", NOWHERE)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("vnetmgr: cannot connect")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--public",), 2, "--listen"),
        (("--doctor-interval", "1m"), 2, "--listen"),
        (("--listen", "0", "--doctor-interval", "soon"), 2, "--doctor-interval"),
        (("--listen", "x"), 2, "no port"),
        (("--listen", "[::]:0"), 2, "--public"),
        (("--listen", "0", "-o", "json"), 2, "--listen"),
        (("--listen", "192.0.2.1:0", "--public"), 1, "cannot listen on 192.0.2.1:0"),
    ],
)
def test_what_is_refused(words: tuple[str, ...], code: int, says: str) -> None:
    result = run(*words, "-c", HERE)
    assert result.returncode == code
    assert says in result.stderr
    assert "hint: " in result.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_until_it_is_told_to_end(number: signal.Signals, code: int) -> None:
    with serving("-c", HERE) as (process, url):
        assert fetch(url)["vnetmgr_libvirt_up"] == 1.0
        process.send_signal(number)
        assert process.wait(30) == code
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_an_endpoint_says_that_libvirt_is_gone() -> None:
    with serving("-c", NOWHERE) as (process, url):
        for _ in range(2):
            assert fetch(url) == {
                "vnetmgr_libvirt_up": 0.0,
                "vnetmgr_scrape_duration_seconds": pytest.approx(0.0, abs=30.0),
            }
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read().count("cannot connect") == 1


# In a process of its own: libvirt's event loop never ends.
EVENTS = """
import time
from vnetmgr.host import Host
from vnetmgr.host.event_loop import start_event_loop
from vnetmgr.metrics.endpoint import _Connection

start_event_loop()
host = Host.connect("test:///default")
conn, observe = host._session.conn, host.observe
read = []

def count(scope):
    read.extend((*scope.optional_domains, *scope.networks))
    return observe(scope)

host.observe = count
connection = _Connection(host)

def look(what):
    for _ in range(100):
        connection.heed()
        found = connection.scraper.scrape()
        if read:
            break
        time.sleep(0.05)
    (nic,) = found.nics
    print(what, sorted(read), nic.mac, found.networks[0].active)
    read.clear()

look("first")
for _ in range(3):
    connection.scraper.scrape()
print("again", read)
domain, network = conn.lookupByName("test"), conn.networkLookupByName("default")
xml = domain.XMLDesc()
conn.defineXML(xml.replace("aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:00"))
look("defined")
network.destroy()
look("stopped")
connection.close()
"""


def test_documents_are_read_when_events_say_that_they_have_changed() -> None:
    result = subprocess.run(
        [sys.executable, "-c", EVENTS], capture_output=True, text=True, timeout=120
    )
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "first ['*', 'test'] aa:bb:cc:dd:ee:ff True",
        "again []",
        "defined ['test'] aa:bb:cc:dd:ee:ff True",
        "stopped ['*'] aa:bb:cc:dd:ee:ff False",
    ]
