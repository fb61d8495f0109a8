"""What does a dump have of memory that came or went after the crash kernel was loaded?"""

import subprocess

import pytest

from conftest import LONG, SLEEPS_TOO, control, no_control
from vm.hotplug import GIB, MIB, RESIZABLE, SLOTS, count, dimm, keeps, loads, own_memory, resizable

# what is done before the crash kernel is loaded and after that, and whether the memory is in the dump then
CASES = {
    "comes": ("", "comes online write", True),
    "goes": ("comes online", "offline goes", False),
    "goes offline": ("comes online", "offline", False),
    "comes back": ("comes online offline", "online write", True),
    "comes and goes": ("", "comes online offline goes", False),
    "is never online": ("comes", "", False),
}
# QEMU's arm64 machines have DIMMs only with firmware
X86_64 = pytest.mark.parametrize("arch", ["x86_64"], indirect=True)


@pytest.fixture(params=["x86_64", "arm64"])
def arch(request):
    return request.param


def memory_that_came(vm):
    """The pieces of the dump that are not memory of the boot: on both architectures, that ends below 2 GiB."""
    return [piece for piece in loads(vm.file("notes")) if piece[0] >= 2 * GIB]


def require_in_dump(vm, wanted):
    """The memory that came is in the dump, all of it, or none of it is."""
    pieces = memory_that_came(vm)
    if not wanted:
        vm.require(not pieces, "memory that is gone is in the dump")
        return
    vm.require(sum(end - start for start, end in pieces) == 256 * MIB, "the memory that came is not in the dump")
    assert count(vm, "vmcore") == count(vm, "dump") == 256


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


@no_control("the base has no such tests")
@X86_64
def test_header(kernel, crash):
    """The KUnit tests of the edits to the header have run as the machine booted."""
    vm = crash(kernel, dimm, **SLOTS)
    assert "# crash_hotplug: pass:4 fail:0 skip:0 total:4" in vm.text("dmesg")


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
