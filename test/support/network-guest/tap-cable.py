"""Plays the VMM of a guest: opens its tap, and leads frames between it and a tap of the same MAC in a second network
namespace, which plays the guest. Runs until it is killed.

usage: tap-cable.py VM-NETNS TAP GUEST-NETNS MAC
"""

import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x2, 0x1000, 0x4000
CLONE_NEWNET = 0x40000000


def enter(netns):
    fd = os.open(netns, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns " + netns)
    os.close(fd)


def open_tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    return fd


vm_netns, tap, guest_netns, mac = sys.argv[1:]
enter(vm_netns)
outer = open_tap(tap)
enter(guest_netns)
inner = open_tap("eth0")
subprocess.run(["ip", "link", "set", "dev", "eth0", "address", mac, "up"], check=True)
print("ready", flush=True)
other = {outer: inner, inner: outer}
while True:
    for fd in select.select(list(other), [], [])[0]:
        os.write(other[fd], os.read(fd, 1 << 17))
