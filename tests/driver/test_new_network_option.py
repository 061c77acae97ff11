"""What a new option of a network takes: its field, its row among the options, and its attribute.

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
        "model/network.py",
        "    dns_domain: str | None = None\n",
        "    guest_ipv6: bool | None = None\n",
    ),
    (
        "model/network_want.py",
        "    dns_domain: Setting[str] = UNSET\n",
        "    guest_ipv6: Setting[bool] = UNSET\n",
    ),
    (
        "model/options/networks.py",
        '    "dns_domain": NetworkOption(\n',
        '    "guest_ipv6": NetworkOption(\n'
        '        parse_boolean, "guest_ipv6", "IPv6 among guests.", "BOOL", clearable=True\n'
        "    ),\n",
    ),
    (
        "model/network_attributes.py",
        '    "dns_domain": Attribute(',
        '    "guest_ipv6": Attribute("ipv6", bool),\n',
    ),
    ("api/options.py", "    dns_domain: str | None\n", "    guest_ipv6: bool | None\n"),
]
NODE = (
    "<node><network ipv6='yes'><name>lab</name><bridge name='virbr9'/></network>"
    "<network><name>old</name><bridge name='virbr8'/></network></node>"
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the package that has the option."""
    return Copy(tmp_path_factory.mktemp("copy"), NEW)


@pytest.fixture
def run(copy: Copy, tmp_path: Path) -> Run:
    """Run the copy, on a host with a network that has the setting, and one that has not."""
    (tmp_path / "node.xml").write_text(NODE)
    run = copy.run_in(tmp_path)
    return lambda *words, code=0: run(*words, "-c", f"test://{tmp_path}/node.xml", code=code)


def test_it_takes_a_row_a_file(copy: Copy) -> None:
    assert copy.changed() == {name for name, _, _ in NEW}
    assert sum(lines.count("\n") for _, _, lines in NEW) == 7


def test_a_network_is_made_with_it(run: Run) -> None:
    for command in ("create-network", "update-network"):
        assert "--guest-ipv6" in run(command, "--help").stdout
    create = ("create-network", "new", "--mode", "isolated", "--subnet", "none", "--guest-ipv6")
    assert '<network ipv6="yes">' in run(*create, "yes", "-v").stderr
    wrong = run(*create, "perhaps", "--mtu", "5", code=2).stderr
    assert "--guest-ipv6: 'perhaps' is not yes or no" in wrong
    assert "--mtu: MTU '5'" in wrong


def test_a_change_writes_and_clears_it(run: Run) -> None:
    # The test driver never shows the config of a network that runs: what was written is not found.
    update = ("--config", "-v", "--guest-ipv6")
    written = run("update-network", "old", *update, "yes", code=1).stderr
    assert '<network ipv6="yes">' in written.partition("networkDefineXML")[2]
    cleared = run("update-network", "lab", *update, "none", code=1).stderr
    assert "<network>" in cleared.partition("networkDefineXML")[2]
    assert "nothing to do" in run("update-network", "lab", "--guest-ipv6", "yes").stderr
    refused = run("update-network", "lab", "--guest-ipv6", "no", code=4).stderr
    assert "guest_ipv6 yes -> no [restart] needs a restart of the network" in refused


def test_it_is_shown(run: Run) -> None:
    assert "guest_ipv6: yes" in run("show-network", "lab").stdout.splitlines()
    assert "guest_ipv6" not in run("show-network", "old").stdout
    for name, said in (("lab", True), ("old", None)):
        assert json.loads(run("show-network", name, "-o", "json").stdout)["guest_ipv6"] is said


def test_a_spec_has_it(run: Run, tmp_path: Path) -> None:
    keys = json.loads(run("schema").stdout)["properties"]["networks"]["additionalProperties"]
    assert keys["properties"]["guest_ipv6"]["description"] == "IPv6 among guests."
    exported = run("export").stdout
    assert "    guest_ipv6: true\n" in exported
    assert "ipv6=" not in exported
    spec = tmp_path / "spec.yaml"
    spec.write_text(exported)
    assert run("plan", str(spec), "--check").stdout == "nothing to do\n"
    spec.write_text(exported.replace("guest_ipv6: true", "guest_ipv6: perhaps"))
    line = 1 + exported.splitlines().index("    guest_ipv6: true")
    problem = run("validate", str(spec), code=2).stderr
    assert f"{spec}:{line}:" in problem
    assert "guest_ipv6: 'perhaps' is not yes or no" in problem
