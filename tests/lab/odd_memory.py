"""Guests that lose nothing of their memory when they migrate.

QEMU before 9.0 loses what a guest without KVM writes while it is migrated live. It looks for pages
that were written 64 at a time, and forgets to tell the guest's TLB that it has looked: until the
TLB is flushed, what is written there again goes unnoticed. Where sending goes on after such a look,
as on a busy machine, pages arrive as they were before, and the guest's kernel falls over them, at
once or later. Memory that is no multiple of 64 pages is looked through page by page, and that is
done right. libvirt rounds memory up to whole MiB, so QEMU has to be told by its own options.

Measured with QEMU 7.2 at load 15, a guest of 160 MiB under a flood of packets, sent at 40 MB/s: in
8 of 12 migrations pages differed from the source's, up to 26 of 40,960, and 2 guests died of it by
an oops; with 8 KiB more in none of 17. What it costs: QEMU stands still for half a second to a
second as it begins, and packets wait meanwhile.
"""

_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0"


def odd_memory(mib: int) -> str:
    """What gives a domain of so many MiB two pages more, as an element of its document."""
    size = f"{mib * 1024 + 8}k"  # QEMU itself rounds up to 8 KiB
    options = (
        ("-object", f"memory-backend-ram,id=odd,size={size}"),
        ("-machine", "memory-backend=odd"),
        ("-m", f"size={size}"),
    )
    words = "".join(f"<qemu:arg value='{word}'/>" for option in options for word in option)
    return f"<qemu:commandline xmlns:qemu='{_NAMESPACE}'>{words}</qemu:commandline>"
