"""What does a dump have of memory that came or went after the crash kernel was loaded?"""

import re
import subprocess

import pytest

from conftest import LONG, SLEEPS_TOO, control, no_control
from vm.hotplug import (CASES, GIB, MACHINES, RESIZABLE, SLOTS, dimm, keeps, memory_that_came, own_memory,
                        require_in_dump, resizable)

# QEMU's arm64 machines have DIMMs only with firmware
X86_64 = pytest.mark.parametrize("arch", ["x86_64"], indirect=True)


@pytest.fixture(params=["x86_64", "arm64"])
def arch(request):
    return request.param


# The capture kernel of the base takes the memory for its own, and so cannot map it as that of the dump.
@control("the memory that came is not in the dump|memory that is gone is in the dump|the kernel complains: .* __ioremap",
         case=["comes", "goes", "goes offline", "is never online"])
@X86_64
@pytest.mark.parametrize("case, load", [
    *((case, "file") for case in CASES),
    *(pytest.param(case, "load with flag", marks=[] if case in ("comes", "goes") else LONG) for case in CASES)])
def test_dimm(kernel, crash, case, load):
    before, steps, wanted = CASES[case]
    # what is gone, on the base, makes an ELF core larger than the memory of the capture kernel
    vm = crash(kernel, dimm, load, before, steps, variables={} if wanted else {"FORMAT": "-c"}, **SLOTS)
    require_in_dump(vm, wanted)
    assert keeps(vm) == ["1 1", "1 1"]


@control("the capture kernel takes the memory for its own|makedumpfile cannot read the vmcore")
@X86_64
def test_memory_of_the_capture_kernel(kernel, crash):
    vm = crash(kernel, dimm, before="comes online write", **SLOTS)
    require_in_dump(vm, True)
    vm.require(all(end <= 2 * GIB for _, end in own_memory(vm)), "the capture kernel takes the memory for its own")


@control("the memory that came is not in the dump|memory that is gone is in the dump", case=["comes", "goes"])
@pytest.mark.parametrize("case", ["comes", "goes", "comes and goes"])
def test_virtio_mem(kernel, crash, case):
    before, steps, wanted = CASES[case]
    # it takes offline what it removes
    vm = crash(kernel, resizable, "file", before, steps.replace("offline ", ""),
               variables={} if wanted else {"FORMAT": "-c"}, **RESIZABLE)
    require_in_dump(vm, wanted)
    assert keeps(vm) == ["1 1", "1 1"]


@SLEEPS_TOO
@X86_64
def test_image_without_the_flag(kernel, crash):
    """The header is in the digest that purgatory checks, so it has to stay as it is, and user space is told to reload."""
    vm = crash(kernel, dimm, "load", steps="comes online", **SLOTS)
    assert not memory_that_came(vm)
    if kernel.flavor == "series":
        assert keeps(vm) == ["0 0", "0 0"]


@no_control("the base keeps no header right")
@X86_64
@pytest.mark.parametrize("load, memory", [pytest.param("file", "1 1", marks=LONG), ("load with flag", "1 0")])
def test_512_blocks(kernel, crash, load, memory):
    """Debian's kexec does not look at crash_elfcorehdr_size: the 16 KiB that it has for the header are full then."""
    vm = crash(kernel, lambda vm, what: dimm(vm, what, 64 * GIB), load, steps="comes online",
               variables={"BLOCKS": 512, "PAGES": 0}, memory="2G,slots=4,maxmem=80G", timeout=400)
    assert keeps(vm) == ["1 1", memory]
    found = sum(end - start for start, end in memory_that_came(vm))
    if memory == "1 1":
        assert found == 64 * GIB
    else:
        assert "crash hotplug: the ELF header is full" in vm.text("dmesg")
        assert 0 < found < 64 * GIB


@no_control("the base has no other mapping of the image; test_dump_and_protection is about the one that it has")
@pytest.mark.parametrize("arch", MACHINES, indirect=True)
def test_stray_write(kernel, crash):
    """The header can only be written to by whoever knows the mapping that is there for it: by the one of all memory, nobody can."""
    change, machine = MACHINES[kernel.arch]
    vm = crash(kernel, change, steps="comes online write stray", **machine,
               allows=["BUG: unable to handle page fault", "Unable to handle kernel paging request", "Internal error: Oops",
                       "Oops: "])
    log = vm.text("dmesg")
    vm.require("oot_hotplug: stray write" in log and "has not been stopped" not in log, "the stray write has gone through")
    assert re.search("BUG: unable to handle page fault|Unable to handle kernel paging request", log)
    require_in_dump(vm, True)


@no_control("the base has no such tests")
@X86_64
def test_header(kernel, crash):
    """The KUnit tests of the edits to the header have run as the machine booted."""
    vm = crash(kernel, dimm, append="kunit.enable=1", **SLOTS)
    assert "# crash_hotplug: pass:7 fail:0 skip:0 total:7" in vm.text("dmesg")


@no_control("the base has no entries that are retired")
@X86_64
@LONG
def test_raw_vmcore(kernel, crash):
    """crash(8) reads a copy of /proc/vmcore, with entries that are retired and two that overlap."""
    vm = crash(kernel, dimm, before="comes online write_last", steps="crash_at offline_first", timeout=300,
               variables={"AT": 3, "FORMAT": "raw"}, wants=["Kernel panic - not syncing: safestop: crash after a store"], **SLOTS)
    dump = subprocess.run([*kernel.tool("crash"), "-s", kernel.vmlinux, vm.dump_file], input="log\nbt\nkmem -i\nquit\n",
                          capture_output=True, text=True, timeout=vm.timeout)
    vm.require("safestop: crash after a store" in dump.stdout and "crash_memory_notify" in dump.stdout
               and "TOTAL MEM" in dump.stdout, f"crash cannot read the dump: {dump.stdout[-3000:]}{dump.stderr}")
