"""Which of a spec's texts are nothing at all, as YAML's own resolver has it."""

from __future__ import annotations

import pytest
import yaml

from vnetmgr.problem import Problem
from vnetmgr.spec.nodes import Document

NULL = "tag:yaml.org,2002:null"
SCALARS = [
    *("", "~", "null", "Null", "NULL", "nULL", "nil", "none", "~x", "N", "n"),
    *("'~'", '""', "'null'", '"NULL"', "|\n  null", ">\n  ~", "! ~", "! ''", "! null"),
    *("!!null x", "!!null", "!!str", "!!str null", "&a ~", "&a null", "!x ~", "!!int 1"),
    *("yes", "1", "0x10", "1.5", ".inf", "2001-01-01", "<<", "=", "52:54:00:12:34:22"),
]


@pytest.mark.parametrize("scalar", SCALARS)
def test_nothing_is_nothing(scalar: str) -> None:
    given = f"- {scalar}\n"
    problems: list[Problem] = []
    document = Document("spec.yaml", problems)
    root, whole = document.root(given), yaml.compose(given, Loader=yaml.SafeLoader)
    assert root is not None
    assert whole is not None
    (ours,), (theirs,) = document.items(root, "it"), whole.value
    assert not problems
    assert ours.value == theirs.value
    assert document.is_null(ours) is (theirs.tag == NULL)
    assert (document.text(ours, "it") is None) is (theirs.tag == NULL or scalar.startswith("!x"))
