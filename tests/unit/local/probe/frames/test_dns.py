"""DNS: the question, and answers with names that lead in circles."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.local.probe.frames.dns import DnsAnswer, ask, ask_itself, read_answer
from vnetmgr.local.probe.frames.ethernet import FrameError

QUESTION = bytes.fromhex("07 6578616d706c65 03 636f6d 00 0001 0001")
ADDRESS = bytes.fromhex("c00c 0001 0001 0000003c 0004 5db8d822")
ALIAS = bytes.fromhex("c00c 0005 0001 0000003c 0002 c00c")


def answered(*records: bytes, flags: int = 0x8180, questions: int = 1, count: int = -1) -> bytes:
    head = (5, flags, questions, len(records) if count < 0 else count, 0, 0)
    packed = b"".join(each.to_bytes(2, "big") for each in head)
    return packed + QUESTION * questions + b"".join(records)


def test_the_question() -> None:
    assert ask("example.com", 5) == bytes.fromhex("0005 0100 0001 0000 0000 0000") + QUESTION


def test_the_question_that_a_server_answers_by_itself() -> None:
    name = bytes.fromhex("01 31 01 30 01 30 03 313237 07 696e2d61646472 04 61727061 00")
    head = bytes.fromhex("0005 0100 0001 0000 0000 0000")
    assert ask_itself(5) == head + name + bytes.fromhex("000c 0001")


def test_addresses_behind_an_alias() -> None:
    found = read_answer(answered(ALIAS, ADDRESS, ADDRESS), 5)
    assert found == DnsAnswer(0, (IPv4Address("93.184.216.34"),))


@pytest.mark.parametrize(("flags", "code"), [(0x8183, 3), (0x8185, 5), (0x8182, 2)])
def test_an_answer_without_addresses_is_one(flags: int, code: int) -> None:
    assert read_answer(answered(flags=flags), 5) == DnsAnswer(code, ())
    assert read_answer(answered(flags=flags, questions=0), 5) == DnsAnswer(code, ())


@pytest.mark.parametrize(
    "message",
    [
        b"",
        answered()[:11],
        answered(flags=0x0100),  # a question
        answered(questions=2),
        answered(count=1),
        answered(count=65535),
        answered(ADDRESS[:-1]),
        answered(ADDRESS[:9]),
        answered(ADDRESS[:10] + b"\xff\xff" + ADDRESS[12:]),
        answered(b"\x3f" + b"a" * 20),
        answered(b"\x80" + ADDRESS),
    ],
)
def test_what_is_no_answer(message: bytes) -> None:
    with pytest.raises(FrameError):
        read_answer(message, 5)


def test_of_another_question_it_is_none() -> None:
    with pytest.raises(FrameError):
        read_answer(answered(ADDRESS), 6)


def test_a_pointer_to_itself_is_not_followed() -> None:
    itself = bytes.fromhex("c021 0001 0001 00000000 0004 01020304")
    assert read_answer(answered(itself), 5).addresses == (IPv4Address("1.2.3.4"),)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_whatever_the_records_are(records: list[bytes]) -> None:
    try:
        found = read_answer(answered(*records), 5)
    except FrameError:
        return
    assert all(isinstance(each, IPv4Address) for each in found.addresses)
