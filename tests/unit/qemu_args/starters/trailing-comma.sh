#!/bin/sh
qemu-system-x86_64 -m 128 -netdev user,id=n0, -device e1000,netdev=n0,
