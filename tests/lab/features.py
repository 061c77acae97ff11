"""What this machine can and cannot do, found by trying."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from tests.lab.namespaces import SCRIPTS
from tests.lab.programs import find_program, search_path

# Program -> Debian package. What the lab cannot do without.
PROGRAMS: Mapping[str, str] = MappingProxyType(
    {
        "libvirtd": "libvirt-daemon-system",
        "qemu-system-x86_64": "qemu-system-x86",
        "dnsmasq": "dnsmasq-base",
        "ip": "iproute2",
        "tc": "iproute2",
        "nft": "nftables",
        "iptables": "iptables",
        "busybox": "busybox-static",
        "qemu-ga": "qemu-guest-agent",
        "cpio": "cpio",
        "depmod": "kmod",
        "unshare": "util-linux",
        "nsenter": "util-linux",
        "setpriv": "util-linux",
    }
)

# Feature -> commands that succeed where it exists, in a network namespace with the veth x0.
PROBES: Mapping[str, str] = MappingProxyType(
    {
        "macvtap": "ip link add link x0 name mv0 type macvtap mode bridge",
        "bridge_vlan_filtering": "ip link add bridge0 type bridge vlan_filtering 1",
        "sch_sfq": "tc qdisc add dev x0 root sfq",
        "sch_htb": "tc qdisc add dev x0 root htb",
        "cls_fw": "tc qdisc add dev x0 root handle 1: htb"
        " && tc filter add dev x0 parent 1: protocol all prio 1 handle 1 fw flowid 1:1",
        "act_police": "tc qdisc add dev x0 ingress && tc filter add dev x0 parent ffff:"
        " protocol all u32 match u32 0 0 police rate 1mbit burst 10k drop flowid :1",
        "act_csum": "tc qdisc add dev x0 root handle 1: htb && tc filter add dev x0 prio 2"
        " protocol ip parent 1: u32 match ip dport 68 ffff action csum ip and udp",
        "dummy": "ip link add d0 type dummy",
        "vxlan": "ip link add v0 type vxlan id 1 dstport 4789",
    }
)

# What the `tc` in scripts/ makes up for.
SHAPING = ("sch_sfq", "cls_fw", "act_police", "act_csum")


@cache
def lacks(feature: str) -> str | None:
    """Return why a feature is not to be had on this machine, None when it is.

    A feature is one of PROBES, "openvswitch", "ovn" or "sshd".
    """
    if feature == "sshd":
        return None if find_program("sshd") else "no sshd (apt install openssh-server)"
    if feature == "openvswitch":
        installed = find_program("ovs-vswitchd") and find_program("ovsdb-server")
        return None if installed else "no Open vSwitch (apt install openvswitch-switch)"
    if feature == "ovn":
        missing = [name for name in ("ovn-northd", "ovn-controller") if not find_program(name)]
        none = f"no {' and '.join(missing)} (apt install ovn-central ovn-host)"
        return lacks("openvswitch") or (none if missing else None)
    script = f"ip link add x0 type veth peer name x1 && {PROBES[feature]}"
    environment = {**os.environ, "PATH": search_path()}
    command = ["unshare", "--net", "sh", "-c", script]
    tried = subprocess.run(command, capture_output=True, text=True, env=environment)
    if tried.returncode == 0:
        return None
    said = tried.stderr.strip().splitlines()
    return f"this kernel has no {feature}: {said[0] if said else tried.returncode}"


def lab_unavailable() -> str | None:
    """Return why no lab can be had on this machine, None when one can."""
    if os.geteuid() != 0:
        return "the lab needs root, to make namespaces with bridges and taps in them"
    for program, package in PROGRAMS.items():
        if not find_program(program):
            return f"the lab needs {program} (apt install {package})"
    if subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "true"]).returncode:
        return "the lab may not make namespaces here"
    return None


def stand_ins(bin_directory: Path) -> tuple[str, ...]:
    """Put stand-ins for what the kernel lacks into a directory for libvirtd's PATH; name them."""
    missing = [feature for feature in SHAPING if lacks(feature)]
    if not missing:
        return ()
    shutil.copyfile(SCRIPTS / "tc", bin_directory / "tc")
    (bin_directory / "tc").chmod(0o755)
    what = "sfq becomes pfifo, fw, police and csum filters are accepted and do nothing"
    return (f"tc: this kernel has no {', '.join(missing)}; {what}",)
