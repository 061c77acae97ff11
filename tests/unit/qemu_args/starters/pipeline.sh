#!/bin/bash
ls images | while read -r image; do
  qemu-system-x86_64 -m 64 -nic none -hda "images/$image" | tee "$image.log"
done
