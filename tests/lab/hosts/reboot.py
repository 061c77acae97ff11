"""A host's reboot, as near as a lab comes to one: all that runs and all that is in the kernel or
under /run is gone, and what a boot brings up is there again. Its disks and its LANs stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.lab import Lab

# Power is cut: nobody is asked to end. The pid files tell this host's processes from its LANs'.
_KILL = """
for file in /run/libvirt/qemu/*.pid /run/libvirt/network/*.pid; do
    [ -e "$file" ] || continue
    read -r pid < "$file" || :
    kill -KILL "$pid" || continue
    while kill -0 "$pid"; do sleep 0.02; done
done 2> /dev/null
"""

# A table of its own for each family is what libvirt and vnetmgr have; iptables may be the old one.
_FORGET = """
nft flush ruleset
for tool in iptables ip6tables; do
    for table in filter nat mangle raw; do
        $tool -t $table -F && $tool -t $table -X
        for chain in PREROUTING INPUT FORWARD OUTPUT POSTROUTING; do
            $tool -t $table -P $chain ACCEPT
        done
    done
done 2> /dev/null
nft flush ruleset
for link in /sys/class/net/virbr* /sys/class/net/vnet*; do
    [ ! -e "$link" ] || ip link delete "${link##*/}"
done
for each in ipv4/ip_forward ipv4/conf/all/route_localnet ipv4/conf/default/route_localnet \\
        ipv6/conf/all/forwarding ipv6/conf/default/forwarding; do
    echo 0 > /proc/sys/net/$each
done
"""

# The LANs are in named network namespaces. What makes the directories is systemd-tmpfiles.
_WIPE = """
find /run -mindepth 1 -maxdepth 1 ! -name netns -exec rm -rf {} +
mkdir -m 1777 /run/lock
rm -rf "$TMPDIR"/*
"""


def cut_power(lab: Lab) -> None:
    """End everything on the lab's host, and forget what no disk has. `lab.start_libvirtd()` is
    the boot that follows."""
    lab.kill_libvirtd()
    for script in (_KILL, _FORGET, _WIPE):
        lab.sh(script)
