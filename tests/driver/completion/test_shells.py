"""Completion in the shells themselves, with the files that a package installs."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.driver.completion.host import MGMT_MAC, ODD, OTHER_MAC, write_host
from tests.driver.completion.shells import KINDS, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

ELSEWHERE = "test:///default"
LINES = {
    "attach-n": "attach-nic ",
    "detach-nic db1 52:5": f"detach-nic db1 {OTHER_MAC} ",
    "detach-nic db1 '52:5": f"detach-nic db1 '{OTHER_MAC}' ",
    "detach-nic db1 da": "detach-nic db1 data ",
    "doctor web1/l": "doctor web1/lan ",
    "attach-nic web1 --network=la": "attach-nic web1 --network=lab ",
    "plan --allow replug,res": "plan --allow replug,restart ",
    "create-domain x --nic network=lab,portgroup=gu": (
        "create-domain x --nic network=lab,portgroup=guests "
    ),
    "create-domain x --nic netw": "create-domain x --nic network=",
    f"detach-nic -c {ELSEWHERE} tes": f"detach-nic -c {ELSEWHERE} test ",
    f"-c {ELSEWHERE} detach-nic tes": f"-c {ELSEWHERE} detach-nic test ",
    # Files only where a file is meant.
    "validate decoy-s": "validate decoy-spec.yaml ",
    "list-nics decoy-s": "list-nics decoy-s",
    "topology --file=decoy-s": "topology --file=decoy-spec.yaml ",
    # Nothing is run.
    'list-nics "$(touch ran)" dec': 'list-nics "$(touch ran)" dec',
}


@pytest.fixture(scope="module", params=KINDS)
def shell(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    home = tmp_path_factory.mktemp("home")
    uri = write_host(home, names=[ODD])
    with Shell(request.param, home, {"LIBVIRT_DEFAULT_URI": uri}) as found:
        (found.here / "decoy-spec.yaml").touch()
        yield found


def test_what_tab_makes_of_a_line(shell: Shell) -> None:
    # Where bash-completion loads it, it is the same function as in bash alone.
    some = 4 if shell.kind == "bash-completion" else len(LINES)
    lines = dict(islice(LINES.items(), some))
    made = {line: shell.line(f"vnetmgr {line}") for line in lines}
    assert made == {line: f"vnetmgr {there}" for line, there in lines.items()}
    assert os.listdir(shell.here) == ["decoy-spec.yaml"]  # noqa: PTH208 - its name alone


def test_what_is_offered(shell: Shell) -> None:
    nics = shell.offered("vnetmgr detach-nic web1 ", "lan", MGMT_MAC)
    assert {"lan", MGMT_MAC} <= nics
    assert not {"data", "decoy-spec.yaml"} & nics
    groups = {"guests", "staff"}
    line = "vnetmgr attach-nic web1 --network lab --portgroup "
    assert groups <= shell.offered(line, *groups)


def test_a_name_is_quoted_so_that_the_shell_reads_it_as_it_is(shell: Shell) -> None:
    line = shell.line("vnetmgr list-nics odd")
    assert shell.says(line.replace("vnetmgr list-nics", "printf %s")) == ODD
    assert not (shell.here / "x").exists()


def test_options_behind_the_cursor_count(shell: Shell) -> None:
    if shell.kind == "fish":  # it tells what stands before the cursor
        return
    line = shell.line("vnetmgr detach-nic tes", f" -c {ELSEWHERE}")
    assert line.split() == ["vnetmgr", "detach-nic", "test", "-c", ELSEWHERE]
