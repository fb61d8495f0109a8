"""How much of the linear map has to be made of pages, and not of blocks, on a machine of 6 GiB."""

import pytest

from conftest import control
from vm.linear_map import linear_map
from vm.places import MiB

# MiB
PAGES = {
    "": 0,
    "crashkernel=0": 0,
    "crashkernel=nonsense": 0,
    "crashkernel=512M,high": 512,
    "crashkernel=512M@0x120000000": 512,
    "crashkernel=512M": 3072 + 512,
}


# Without crashkernel= the base has blocks, too.
@control("^61.. MiB are made of pages, not", line=[line for line in PAGES if line])
@pytest.mark.parametrize("line", PAGES)
def test_blocks_of_the_linear_map(kernel, start, line):
    vm = start(kernel, "6G", "map", f"nokaslr rodata=on {line}")
    with vm:
        vm.wait_ok()
    pages = blocks = 0
    for first, last, level, flags in linear_map(vm.text("map")):
        if "MEM/NORMAL" in flags:
            pages += (last - first) * (level == "PTE" and "CON" not in flags)
            blocks += (last - first) * (level != "PTE")
    # the kernel's own image, in 8 MiB, is mapped in another way
    vm.require(abs(pages // MiB - PAGES[line]) <= 8, f"{pages // MiB} MiB are made of pages, not {PAGES[line]}")
    assert (pages + blocks) // MiB >= 6144 - 8
