"""Whose tables and chains are, by their names."""

from __future__ import annotations

import pytest

from vnetmgr.packets.owners import owner_of, owner_of_policy


@pytest.mark.parametrize(
    ("family", "table", "chain", "owner"),
    [
        ("ip", "filter", "DOCKER-USER", "Docker"),
        ("ip", "filter", "DOCKER", "Docker"),
        ("ip", "docker-bridges", "filter-FORWARD", "Docker"),
        ("inet", "firewalld", "filter_FORWARD", "firewalld"),
        ("ip", "filter", "ufw-before-forward", "ufw"),
        ("ip6", "filter", "ufw6-user-input", "ufw"),
        ("ip", "filter", "LIBVIRT_FWI", "libvirt"),
        ("ip", "libvirt_network", "guest_input", "libvirt"),
        ("ip", "filter", "FO-vnet0", "libvirt"),
        ("bridge", "nat", "libvirt-I-vnet0", "libvirt"),
        ("inet", "vnetmgr", "prerouting", "vnetmgr"),
        ("ip", "filter", "VNETMGR", "vnetmgr"),
        ("ip", "nat", "KUBE-SERVICES", "Kubernetes"),
        ("ip", "filter", "FORWARD", "table ip filter"),
        ("inet", "corp", "DOCKER", "table inet corp"),
        ("inet", "filter", "input", "table inet filter"),
    ],
)
def test_owners(family: str, table: str, chain: str, owner: str) -> None:
    assert owner_of(family, table, chain) == owner


@pytest.mark.parametrize(
    ("chain", "chains", "owner"),
    [
        ("FORWARD", ["FORWARD", "DOCKER"], "Docker"),
        ("FORWARD", ["FORWARD", "ufw-before-forward"], "ufw"),
        ("FORWARD", ["FORWARD", "ufw-before-forward", "DOCKER"], "Docker or ufw"),
        ("INPUT", ["INPUT", "DOCKER"], "table ip filter"),
        ("FORWARD", ["FORWARD"], "table ip filter"),
    ],
)
def test_policies(chain: str, chains: list[str], owner: str) -> None:
    assert owner_of_policy("ip", "filter", chain, chains) == owner
