"""What a new option of a nic takes: its field, its row among the options, its place in XML, and
its type for programs.

It is added to a copy of the package in just these files, and works there all the way.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.driver.changed_copy import Copy, Run

# (file, the line that it comes before, the lines)
NEW = [
    (
        "model/nic.py",
        "    queues: int | None = None\n",
        "    coalesced_frames: int | None = None\n",
    ),
    (
        "model/nic.py",
        "    queues: Setting[int] = UNSET\n",
        "    coalesced_frames: Setting[int] = UNSET\n",
    ),
    (
        "model/options/nics.py",
        '    "queues": NicOption(\n',
        '    "coalesced_frames": NicOption(\n'
        '        _integer("frames", 1, 1024),\n'
        '        "Frames of one interrupt.",\n'
        '        "N",\n'
        '        fits=Fits(SWITCHED, "libvirt coalesces on bridges and networks only"),\n'
        '        said="coalesce.rx.frames.max",\n'
        "    ),\n",
    ),
    (
        "libvirt_xml/nics/places.py",
        '    "queues": _place(',
        '    "coalesced_frames": _place("coalesced_frames", number),\n',
    ),
    ("api/options.py", "    queues: int | None\n", "    coalesced_frames: int | None\n"),
]
URI = "test:///default"
NIC = (
    "<interface type='bridge'><mac address='52:54:00:12:34:56'/><source bridge='br0'/>"
    "<model type='virtio'/><coalesce><rx><frames max='32'/></rx></coalesce>"
    "<alias name='ua-lan'/></interface>"
)
NODE = (
    "<node><domain type='test'><name>vm1</name><memory>8192</memory><os><type>hvm</type></os>"
    f"<devices>{NIC}</devices></domain></node>"
)
FRAMES = '<frames max="{}"/>'


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the package that has the option."""
    return Copy(tmp_path_factory.mktemp("copy"), NEW)


@pytest.fixture
def run(copy: Copy, tmp_path: Path) -> Run:
    """Run the copy."""
    return copy.run_in(tmp_path)


@pytest.fixture
def node(tmp_path: Path) -> str:
    """The URI of a host whose one nic has the setting."""
    (tmp_path / "node.xml").write_text(NODE)
    return f"test://{tmp_path}/node.xml"


def test_it_takes_four_files(copy: Copy) -> None:
    assert copy.changed() == {name for name, _, _ in NEW}
    assert len(copy.changed()) == 4
    assert sum(lines.count("\n") for _, _, lines in NEW) == 11


def test_a_command_has_it(run: Run) -> None:
    for command in ("attach-nic", "update-nic"):
        assert "--coalesced-frames" in run(command, "--help").stdout
    add = ("attach-nic", "test", "--name", "lan", "-c", URI)
    done = run(*add, "--network", "default", "--coalesced-frames", "64", "-v")
    assert FRAMES.format(64) in done.stderr
    wrong = run(*add, "--network", "default", "--coalesced-frames", "x", code=2)
    assert "--coalesced-frames: frames 'x' is not a whole number from 1 to 1024" in wrong.stderr
    misfit = run(*add, "--user", "--coalesced-frames", "64", code=2)
    assert "--coalesced-frames does not fit a user nic: libvirt coalesces" in misfit.stderr
    extra = run(*add, "--user", "--extra", "coalesce.rx.frames.max=64", code=2)
    assert "that is said by --coalesced-frames" in extra.stderr


def test_a_change_writes_and_clears_it(run: Run, node: str) -> None:
    update = ("update-nic", "vm1", "lan", "--config", "-v", "-c", node, "--coalesced-frames")
    assert FRAMES.format(16) in run(*update, "16").stderr
    cleared = run(*update, "none")
    assert "coalesced_frames 32 -> -" in cleared.stdout
    defined = cleared.stderr.partition("defineXML")[2]
    assert "<interface" in defined
    assert "coalesce" not in defined.partition("</interface>")[0]


def test_a_spec_has_it(run: Run, node: str, tmp_path: Path) -> None:
    keys = json.loads(run("schema").stdout)["properties"]["domains"]["additionalProperties"]
    nic = keys["properties"]["nics"]["additionalProperties"]["properties"]
    assert nic["coalesced_frames"]["description"] == "Frames of one interrupt."
    exported = run("export", "-c", node).stdout
    assert "coalesced_frames: 32" in exported
    assert "not in the spec" not in exported
    wrong = exported.replace("coalesced_frames: 32", "coalesced_frames: many")
    (tmp_path / "spec.yaml").write_text(wrong)
    line = 1 + wrong.splitlines().index(next(x for x in wrong.splitlines() if "many" in x))
    problem = run("validate", "spec.yaml", code=2).stderr
    assert f"spec.yaml:{line}:" in problem
    assert "coalesced_frames: frames 'many' is not a whole number" in problem
