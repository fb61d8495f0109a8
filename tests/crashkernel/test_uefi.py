"""arm64 as servers boot it, by UEFI with ACPI and KASLR instead of a devicetree: the region is where it belongs, and leaves a dump."""

import shutil

import pytest

from conftest import LONG, control, oot_module
from vm.oracle import PANIC
from vm.places import GiB, MiB, regions

FAULT = "Unable to handle kernel paging request|Internal error: Oops: "
FIRMWARE = "/usr/share/AAVMF"
# MiB of memory, command line, and for each region its size in MiB and whether it is above low memory
LINES = {
    "range": (2048, "crashkernel=1G-4G:256M,4G-:320M", [(256, False)]),
    "upper range": (6144, "crashkernel=1G-4G:256M,4G-:320M", [(320, False)]),
    "high": (6144, "crashkernel=512M,high", [(128, False), (512, True)]),
    "high with mem=2G": (6144, "mem=2G crashkernel=512M,high", [(512, False)]),
    "high and low": (6144, "crashkernel=320M,high crashkernel=64M,low", [(64, False), (320, True)]),
    "high beside the limit": (3458, "crashkernel=512M,high", [(512, False)]),
}
IN_PART = ["range", "high with mem=2G", "high beside the limit"]


@pytest.mark.parametrize("line", [pytest.param(line, marks=[] if line in IN_PART else LONG) for line in LINES])
@control("the regions are", line=["high beside the limit"])
def test_uefi(kernel, machine, line):
    memory, append, expected = LINES[line]
    shutil.copy(f"{FIRMWARE}/AAVMF_VARS.fd", machine.directory / "variables")
    vm = machine(kernel, "dump", f"{append} panic=-1", memory=memory, smp=1, timeout=180, wants=[PANIC, FAULT],
                 files=[oot_module(kernel, "oot_crashkernel")], variables={"LOAD": "-s", "BEFORE": "", "AFTER": ""},
                 # KASLR's seed comes from the second
                 extra=["-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE}/AAVMF_CODE.fd",
                        "-drive", f"if=pflash,format=raw,file={machine.directory / 'variables'}", "-device", "virtio-rng-pci"])
    with vm:
        vm.wait_ok()
    places = regions(vm.text("iomem"))
    vm.require([((end - start) // MiB, start >= 4 * GiB) for start, end in places] == expected
               and not any(start < 4 * GiB < end for start, end in places), f"the regions are {places}")
    for words in "KASLR enabled", "ACPI: Core revision", vm.nonce:
        assert words in vm.text("dmesg")
