#!/bin/bash
coproc VM { qemu-system-x86_64 -m 128 -nic user,model=e1000 -monitor stdio; }
echo quit >&"${VM[1]}"
