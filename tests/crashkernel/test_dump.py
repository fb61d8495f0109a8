"""The crash kernel in its memory, wherever that is: it comes up and reads the dump, and cannot be written to before."""

import re

import pytest

from conftest import control
from vm.linear_map import levels
from vm.notes import cpus
from vm.oracle import events
from vm.places import BOARDS, GiB, MiB, regions

ABOVE, BELOW = (4 * GiB, 16 * GiB), (0, 4 * GiB)
# board, command line, where the region has to be, and options of the fixture dump
CASES = {
    "high": ("6G", "crashkernel=320M,high", ABOVE, {}),
    "high, kexec_load": ("6G", "crashkernel=320M,high crashkernel=160M,low", ABOVE, {"load": "-c"}),
    "high without low": ("6G", "crashkernel=320M,high crashkernel=0,low", ABOVE, {}),
    "high that is low": ("ends 386M above 4G", "crashkernel=512M,high", BELOW, {}),
    "fallen back": ("low memory in pieces", "crashkernel=640M", ABOVE, {}),
    "at offset": ("6G", "crashkernel=320M@0x128000000", ABOVE, {"load": "-c"}),
    "low": ("6G", "crashkernel=320M", BELOW, {}),
    "low, kexec_load": ("2G of reach, 3458M", "crashkernel=320M", (0, 2 * GiB), {"load": "-c"}),
    "on two nodes": ("6G", "crashkernel=320M,high", ABOVE, {"node": 160}),
    "on two nodes, kexec_load": ("6G", "crashkernel=320M,high", ABOVE, {"node": 160, "load": "-c"}),
    "above 2G": ("2G of reach, 3458M", "crashkernel=1200M,high", (2 * GiB, 16 * GiB), {}),
}


# Everywhere else the base does all of this, and the series has to go on doing it.
@control("no memory is reserved|the region is not within", case=["high that is low", "fallen back"])
@pytest.mark.parametrize("case", CASES)
def test_dump_and_protection(kernel, dump, case):
    board, line, (low, high), options = CASES[case]
    vm = dump(kernel, board, line, **options)
    start, end = regions(vm.text("iomem"))[-1]
    vm.require(low <= start and end <= high, f"the region is not within {low:#x}-{high:#x}: {start:#x}-{end:#x}")
    assert levels(vm.text("map"), start, end) == {"PTE"}
    ram = re.findall(r"^(\w+)-(\w+) : System RAM$", vm.text("iomem"), re.M)
    assert sum(int(last, 16) + 1 - int(first, 16) for first, last in ram) == BOARDS[board].memory * MiB
    if "node" in options:
        assert start < BOARDS[board].end - options["node"] * MiB < end
    for written in "before written", "free written", "image faulted":
        assert written in vm.said()
    assert events(vm.text("dmesg"))[0] == "panic" and vm.nonce in vm.text("dmesg")
    assert len(cpus(vm.file("notes"), "arm64")) == 1


@control("the crash kernel has no memory for DMA below 4 GiB")
def test_memory_for_dma(kernel, dump):
    vm = dump(kernel, "6G", "crashkernel=320M,high")
    mapped = re.search(r"software IO TLB: mapped \[mem 0x0*(\w+)-", vm.text("log"))
    vm.require(mapped and int(mapped[1], 16) < 4 * GiB, "the crash kernel has no memory for DMA below 4 GiB")
