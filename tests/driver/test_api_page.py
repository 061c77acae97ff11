"""docs/api.md: each block of it runs, in its order, and says what is true."""

from __future__ import annotations

import doctest
import gc
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import vnetmgr
import vnetmgr.model
from vnetmgr.errors import VnetError

PAGE = Path(__file__).parents[2] / "docs/api.md"
TEXT = PAGE.read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
# Fields that nobody is promised: how vnetmgr itself goes on from a value, and what may yet move.
NOT_PROMISED = {
    "Nic": {"port_id", "interface_id"},
    "Address": {"network", "bridge"},
    "SeenNetwork": {"key", "config_xml", "live_xml", "ports"},
    "Network": {"marked_for", "unfinished", "kept"},
    "HostDevice": {"companions", "use"},
    "Plan": {"steps", "desired", "scope", "policy", "asked"},
    "Change": {"links"},
    "Diagnosis": {"named"},
    "Trace": {"live_s"},
    "Node": {"inbound", "outbound", "filter", "forwards", "other_ports"},
}
HAS_EVENTS = "host.events()"


def run(blocks: list[str]) -> str:
    """Run blocks one after the other in one program; what is not as it says."""
    parser, names, said = doctest.DocTestParser(), dict[str, object](), list[str]()
    for block in blocks:
        if ">>>" not in block:
            exec(block, names)  # noqa: S102 - of our own page
            continue
        test = parser.get_doctest(block, names, "docs/api.md", str(PAGE), 0)
        doctest.DocTestRunner(verbose=False).run(test, out=said.append, clear_globs=False)
        names = test.globs
    host = names["host"]
    assert isinstance(host, vnetmgr.Host)
    host.close()
    return "".join(said)


def test_every_block_runs_and_says_so() -> None:
    gc.collect()  # the driver forgets with its last connection
    assert len(BLOCKS) > 8
    assert run([block for block in BLOCKS if HAS_EVENTS not in block]) == ""


def test_events() -> None:
    """In a process of their own: libvirt's loop never ends."""
    (block,) = [block for block in BLOCKS if HAS_EVENTS in block]
    program = (
        "import vnetmgr\n"
        "host = vnetmgr.Host.connect('test:///default')\n"
        "host.create_network('lab', mode='isolated', subnet='192.168.150.0/24')\n" + block
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("network lab stopped\n", "")


def rows(heading: str) -> dict[str, list[str]]:
    """A table's rows: the first word in code -> all those of the second cell."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| `(\w+)[^`]*` \| (.*?) \|", section, re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", cell) for name, cell in cells}


def values() -> dict[str, type]:
    """The model's classes by name."""
    found: dict[str, type] = {"Event": vnetmgr.Event}
    for module in pkgutil.walk_packages(vnetmgr.model.__path__, "vnetmgr.model."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, type) and value.__module__ == module.name:
                found[name] = value
    return found


def test_the_fields_are_those_of_the_values() -> None:
    known = values()
    for name, fields in rows("Values").items():
        kind = known[name]
        own = set(getattr(kind, "FIELDS", None) or kind._fields)  # type: ignore[attr-defined]
        assert own - set(fields) == NOT_PROMISED.get(name, set()), name
        for field in fields:
            assert field in own or isinstance(getattr(kind, field), property), (name, field)


def test_every_error_is_told_with_its_code() -> None:
    told = rows("Errors")
    exported = {name for name in vnetmgr.__all__ if name.endswith("Error")}
    assert exported == {*told, "VnetError"}
    codes = dict(re.findall(r"^\| `(\w+Error)` \|.*\| (\d+) \|$", TEXT, re.MULTILINE))
    for name, code in codes.items():
        kind = getattr(vnetmgr, name)
        assert issubclass(kind, VnetError)
        assert kind.exit_code == int(code), name


def test_every_method_is_told() -> None:
    methods = {name for name in dir(vnetmgr.Host) if not name.startswith("_")}
    untold = {name for name in methods if not re.search(rf"`(host\.)?{name}\b|\.{name}\b", TEXT)}
    assert untold == set()
