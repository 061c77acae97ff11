"""Documents that libvirt itself wrote, see documents/README.md."""

from __future__ import annotations

from pathlib import Path

_DOCUMENTS = Path(__file__).parent / "documents"

CONFIG = (_DOCUMENTS / "q35-config.xml").read_text(encoding="utf-8")
LIVE = (_DOCUMENTS / "q35-live.xml").read_text(encoding="utf-8")
TEMPLATES = Path(__file__).parents[3] / "templates"


def template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
