"""What --output offers where it is more than a table and JSON."""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.cli.option import option


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


FORMAT = option(
    "output",
    Format | None,
    "--output",
    "-o",
    help="xml for libvirt, yaml for a spec, table for people, json for programs.",
)
PICTURE = option(
    "output",
    Picture,
    "--output",
    "-o",
    default=Picture.TEXT,
    help="text or html for people, svg by Graphviz, dot for it, json for programs.",
)
