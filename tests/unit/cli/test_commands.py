"""Every command: how much it does by itself."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from textwrap import dedent

import pytest

from vnetmgr.cli.catalogue import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_is_wanted_and_no_more(command: str) -> None:
    module, _ = COMMANDS[command]
    name = command.replace("-", "_")
    function = getattr(import_module(f"vnetmgr.cli.commands.{module}"), name)
    (tree,) = ast.parse(dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)
    help_, *body = tree.body
    assert isinstance(help_, ast.Expr)
    assert (body[-1].end_lineno or 0) - body[0].lineno < 15
