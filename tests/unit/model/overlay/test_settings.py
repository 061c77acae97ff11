"""Which of those who say where OVN's database is counts."""

from __future__ import annotations

import pytest

from vnetmgr.model.overlay.settings import OvnSettings, over, settings_of

SPEC = OvnSettings(northbound="tcp:spec:1", ca_cert="/ca", fleet="prod", revision=3)
OPTION = OvnSettings(northbound="tcp:option:1")
ENVIRONMENT = {"OVN_NB_DB": "tcp:environment:1"}


@pytest.mark.parametrize(
    ("command", "spec", "environment", "northbound"),
    [
        (OPTION, SPEC, ENVIRONMENT, "tcp:option:1"),
        (None, SPEC, ENVIRONMENT, "tcp:spec:1"),
        (None, OvnSettings(fleet="prod"), ENVIRONMENT, "tcp:environment:1"),
        (None, None, ENVIRONMENT, "tcp:environment:1"),
        (None, SPEC, {}, "tcp:spec:1"),
        (None, None, {"OVN_NB_DB": ""}, None),
        (None, None, {}, None),
    ],
)
def test_the_nearest_counts(
    command: OvnSettings | None,
    spec: OvnSettings | None,
    environment: dict[str, str],
    northbound: str | None,
) -> None:
    found = settings_of(command, spec, environment)
    assert found.northbound == northbound
    assert found.fleet == (None if spec is None else spec.fleet)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", OvnSettings(northbound="tcp:environment:1")),
        (
            "--db=ssl:a:1 -p /k -c/c --ca-cert /ca --no-leader-only --timeout 5",
            OvnSettings(northbound="ssl:a:1", private_key="/k", certificate="/c", ca_cert="/ca"),
        ),
        ("--private-key=/k --db", OvnSettings(northbound="tcp:environment:1", private_key="/k")),
        ("-p", OvnSettings(northbound="tcp:environment:1")),
        ("--dbx=1 x -v", OvnSettings(northbound="tcp:environment:1")),
    ],
)
def test_what_ovns_own_tools_take(options: str, found: OvnSettings) -> None:
    assert settings_of(None, None, ENVIRONMENT | {"OVN_NBCTL_OPTIONS": options}) == found
    assert settings_of(None, SPEC, {"OVN_NBCTL_OPTIONS": "-C /x -p /k"}).private_key == "/k"


def test_each_setting_by_itself() -> None:
    said = over(OPTION, SPEC)
    assert said is not None
    assert (said.northbound, said.ca_cert, said.fleet) == ("tcp:option:1", "/ca", "prod")
    newer = over(OvnSettings(revision=0), SPEC)
    assert newer is not None
    assert newer.revision == 0


@pytest.mark.parametrize(
    ("northbound", "found"),
    [
        ("unix:/run/ovn/ovnnb_db.sock", True),
        ("tcp:a:1,unix:/x", True),
        ("tcp:unix:6641", False),
        (None, False),
    ],
)
def test_a_socket_is_one_machines(northbound: str | None, *, found: bool) -> None:
    assert OvnSettings(northbound=northbound).is_socket is found
