"""What --output offers where it is more than a table and JSON."""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.cli.option import Option, option


class Format(StrEnum):
    """How import-qemu prints."""

    XML = "xml"
    YAML = "yaml"
    TABLE = "table"
    JSON = "json"


class Picture(StrEnum):
    """How topology prints."""

    TEXT = "text"
    JSON = "json"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"


def format_option() -> Option:
    """import-qemu's --output, without a default."""
    text = "xml for libvirt, yaml for a spec, table for people, json for programs."
    return option("output", Format, "--output", "-o", help=text)


def picture_option() -> Option:
    """topology's --output."""
    text = "text or html for people, svg by Graphviz, dot for it, json for programs."
    return option("output", Picture, "--output", "-o", default=Picture.TEXT, help=text)
