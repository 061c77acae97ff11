"""ARP: the question that nobody takes for a claim, and who answers."""

from __future__ import annotations

import struct

import pytest

from vnetmgr.local.probe.frames.arp import read_asker, read_reply, who_has
from vnetmgr.local.probe.frames.ethernet import ARP, IPV4, Frame, FrameError, build_frame

MAC, OTHER = bytes.fromhex("02766e6d6772"), bytes.fromhex("525400000001")
ADDRESS = bytes((10, 0, 0, 9))


def reply(**changes: object) -> Frame:
    values = {"kind": 1, "family": 0x0800, "sizes": (6, 4), "operation": 2, "mac": OTHER} | changes
    sizes = values["sizes"]
    assert isinstance(sizes, tuple)
    fields = (values["kind"], values["family"], *sizes, values["operation"], values["mac"])
    return Frame(MAC, OTHER, ARP, struct.pack("!HHBBH6s4s6s4s", *fields, ADDRESS, MAC, b"\0" * 4))


def test_the_question_is_a_probe_of_rfc_5227() -> None:
    assert build_frame(who_has(ADDRESS, MAC)).hex(" ") == (
        "ff ff ff ff ff ff 02 76 6e 6d 67 72 08 06 "
        "00 01 08 00 06 04 00 01 02 76 6e 6d 67 72 00 00 00 00 00 00 00 00 00 00 0a 00 00 09"
    )


def test_an_answer_padded_or_not() -> None:
    frame = reply()
    assert read_reply(frame) == (OTHER, ADDRESS)
    assert read_reply(frame._replace(payload=frame.payload + b"\0" * 18)) == (OTHER, ADDRESS)


@pytest.mark.parametrize(
    "frame",
    [
        who_has(ADDRESS, OTHER),
        reply(kind=6),
        reply(family=0x86DD),
        reply(sizes=(8, 4)),
        reply(mac=b"\xff" * 6),
        reply(mac=b"\0" * 6),
        reply()._replace(kind=IPV4),
        reply()._replace(payload=reply().payload[:-1]),
    ],
)
def test_what_is_no_answer(frame: Frame) -> None:
    with pytest.raises(FrameError):
        read_reply(frame)


def test_who_asks_names_his_own_address() -> None:
    asking = reply(operation=1)
    assert read_asker(asking) == (OTHER, ADDRESS)
    for frame in (reply(), who_has(ADDRESS, OTHER), asking._replace(kind=IPV4)):
        with pytest.raises(FrameError):
            read_asker(frame)
