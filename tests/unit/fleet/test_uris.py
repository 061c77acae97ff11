"""Which URIs a hosts file may have."""

from __future__ import annotations

import pytest

from vnetmgr.fleet.uris import check_uri, runs_a_program, ssh_uri


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu:///session",
        "qemu+unix:///system?socket=/run/x",
        "qemu://kvm1/system",
        "qemu+ssh://root@kvm1/system",
        "qemu+ssh://root@kvm1.example.org:2222/system?keyfile=/k&no_verify=1",
        "qemu+ssh://10.0.0.2/system?socket=/run/libvirt/libvirt-sock",
        "qemu+tcp://[fe80::1]:16509/system",
        "qemu+ext:///system?command=/usr/local/bin/tunnel",
        "qemu+libssh2://me@kvm1/session",
        "test:///default",
        "test:///srv/hosts/node.xml",
    ],
)
def test_what_libvirt_reads(uri: str) -> None:
    assert check_uri(uri) == uri


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "'' is no URI"),
        ("kvm1", "is no URI, such as qemu+ssh://"),
        ("root@kvm1:/system", "is no URI"),
        ("qemu:/system", "is no URI"),
        ("qemu+ssh://kvm1/system\n", "is no URI"),
        ("qemu+ssh://kvm 1/system", "is no URI"),
        ("qemu+ssh://[::1/system", "is no URI: "),
        ("qemu+ssh://kvm1:99999/system", "is no URI: "),
        ("qemu+ssh://root:secret@kvm1/system", "a password does not belong"),
        ("ssh://root@kvm1/system", "is qemu+ssh://root@kvm1/system meant?"),
        ("https://kvm1/system", "libvirt has no driver https"),
        ("qemu+shh://kvm1/system", "libvirt has no transport shh, but ssh, "),
        ("qemu+ssh://-oProxyCommand=x/system", "is no name of a host"),
        ("qemu+ssh://%2DoProxyCommand=x/system", "is no name of a host"),
        ("qemu+ssh://-l@kvm1/system", "is no name of a user"),
        ("qemu+ssh://kvm1;reboot/system", "is no name of a host"),
        ("qemu+ssh://kvm1", "the path is /system"),
        ("qemu+ssh://kvm1/", "the path is /system"),
        ("qemu+ssh://kvm1/systen", "the path is /system"),
    ],
)
def test_what_it_does_not(uri: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_uri(uri)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_which_run_a_program() -> None:
    runs = ("qemu+ext:///system?command=/x", "qemu+ssh://a/system?command=x", "qemu://a/x?netcat=")
    assert all(map(runs_a_program, runs))
    for query in ("a=b;command=/x", "COMMAND=/x", "a=1;comm%61nd=/x&b=2"):  # libvirt takes those
        assert runs_a_program(f"qemu+ssh://a/system?{query}")
    assert not runs_a_program("qemu+ssh://root@a/system?keyfile=/command=")


def test_what_ssh_is_told() -> None:
    assert ssh_uri("kvm1") == "qemu+ssh://kvm1/system"
    whole = ssh_uri("fe80::1", user="a b", port="22", keyfile="/k?&/x")
    assert whole == "qemu+ssh://a%20b@[fe80::1]:22/system?keyfile=/k%3F%26/x"
