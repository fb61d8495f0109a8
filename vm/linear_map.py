"""arm64's linear map, from /sys/kernel/debug/kernel_page_tables of a kernel that was booted with nokaslr."""

import re

# where the memory of QEMU's virt machine begins
START = 1 << 30


def linear_map(text):
    """(physical start, physical end, level, flags) of what is mapped in the linear map."""
    body = text[text.index("Linear Mapping start"):text.index("Linear Mapping end")]
    for start, end, level, flags in re.findall(r"^0x(\w+)-0x(\w+) +\w+ (P\wD|PTE) +(\S.*)$", body, re.M):
        # without KASLR, the linear map begins with the memory
        offset = START - (1 << 64) + (1 << 48)
        yield int(start, 16) + offset, int(end, 16) + offset, level, flags


def levels(text, start, end):
    """Of what a part of the linear map is made: PTE, PMD, PUD, contiguous ones with a +."""
    return {level + ("+" if "CON" in flags else "")
            for first, last, level, flags in linear_map(text) if first < end and last > start}
