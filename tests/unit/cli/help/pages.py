"""Pages that tests look at."""

from __future__ import annotations

from vnetmgr.cli.help.page import Entry, Fact, Page, Section

HOSTILE = '.so /etc/passwd \\fBx\\n\'TH "quoted" `a *b* <script> [c](d) \u202e\x1b[31m\n.br ü 字'
"""A text that is somebody else's, as the name of a template might be."""


def page(text: str, *, command: str = "attach-nic", name: str = "--option") -> Page:
    """A page that says the same everywhere."""
    facts = (Fact("NAME", text),)
    return Page(
        command=command,
        usage=("[OPTIONS]", "DOMAIN"),
        paragraphs=(text, text),
        examples=("vnetmgr attach-nic vm1 --bridge br0",),
        sections=(Section("Group", (Entry((name,), "VALUE", text, "1"),)),),
        exit_codes=facts,
        environment=facts,
        files=facts,
    )
