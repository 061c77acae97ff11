"""What a page says is to be done."""

from __future__ import annotations

import pytest

from tests.pages.not_run import NOT_RUN
from tests.pages.reading import Section, Step, name_of, pages, read

PAGE = r"""# A page

<!-- with: sections; guest web1 -->

## One

```console
$ vnetmgr list-nics
no nics
$ vnetmgr attach-nic web1 \
>     --bridge br0

web1$ ls
a
 b

$ true
```
<!-- run: ip link add eth7 type dummy -->

| virsh | vnetmgr |
|---|---|
| `virsh list` | `vnetmgr list-nics`, or `-c` |

## Two

<!-- run the table -->
| virsh | vnetmgr |
|---|---|
| `virsh list` | `vnetmgr list-nics \| cat` or `vnetmgr doctor` |

```sh
reboot
now
```
"""


def test_a_page_is_read_as_it_stands() -> None:
    page = read(PAGE)
    assert page.needs == ["sections", "guest web1"]
    assert page.not_run == ["reboot"]
    assert page.steps == [
        Section(5),
        Step(8, "vnetmgr list-nics", "no nics"),
        Step(10, "vnetmgr attach-nic web1 --bridge br0", ""),
        Step(13, "ls", "a\n b", "web1"),
        Step(17, "true", ""),
        Step(19, "ip link add eth7 type dummy"),
        Section(25),
        Step(30, "vnetmgr list-nics | cat"),
        Step(30, "vnetmgr doctor"),
    ]


def test_output_without_a_command_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="line 2 has no prompt: done"):
        read("```console\ndone\n```")


def test_a_block_stands_at_the_margin() -> None:
    with pytest.raises(ValueError, match="line 2: a block"):
        read("- text\n  ```console\n  $ true\n  ```")


def test_what_no_test_runs_is_listed_with_its_reason() -> None:
    found = {name_of(page): read(page.read_text()).not_run for page in pages()}
    assert {name: list(blocks) for name, blocks in NOT_RUN.items()} == {
        name: blocks for name, blocks in found.items() if blocks
    }
