"""What --output offers where it is other than a table, JSON, YAML and names."""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.cli.option import Option, option
from vnetmgr.render.blocks import Form


class Format(StrEnum):
    """How import-qemu prints."""

    XML = "xml"
    YAML = "yaml"
    TABLE = "table"
    JSON = "json"
    NAME = "name"

    @property
    def form(self) -> Form:
        """Its YAML is a spec, and no document."""
        return Form(self) if self in (Format.JSON, Format.NAME) else Form.TABLE


class Told(StrEnum):
    """How that is printed in which nothing has a name: a trace, a schema."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"

    @property
    def form(self) -> Form:
        """The same."""
        return Form(self)


class Picture(StrEnum):
    """How topology prints."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"

    @property
    def form(self) -> Form:
        """Pictures are for people."""
        return Form(self) if self in (Picture.JSON, Picture.YAML) else Form.TABLE


def format_option() -> Option:
    """import-qemu's --output, without a default."""
    text = (
        "xml for libvirt, yaml for a spec, table for people, json for programs, name for scripts."
    )
    return option("output", Format, "--output", "-o", help=text)


def telling_option() -> Option:
    """--output without names."""
    text = "table for people, json or yaml for programs."
    return option("output", Told, "--output", "-o", default=Told.TABLE, help=text)


def picture_option() -> Option:
    """topology's --output."""
    text = "text or html for people, svg by Graphviz, dot for it, json or yaml for programs."
    return option("output", Picture, "--output", "-o", default=Picture.TEXT, help=text)
