#!/usr/bin/env python3
import subprocess
subprocess.run(["qemu-system-x86_64", "-nic", "user"])
