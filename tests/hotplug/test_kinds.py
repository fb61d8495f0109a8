"""More CPUs and more kinds of memory that come and go. They need a kernel of their own."""

import pytest

from conftest import LONG, no_control
from vm.hotplug import CASES, MIB, SLOTS, count, dimm, keeps, plug, require_in_dump
from vm.notes import cpus

pytestmark = LONG


@pytest.fixture
def arch():
    return "x86_64"


@pytest.fixture
def variant():
    return "hotplug"


@no_control("test_dimm compares, with blocks whose struct pages are elsewhere")
@pytest.mark.parametrize("case", ["comes", "goes"])
def test_memmap_on_memory(kernel, crash, case):
    """The struct pages of a block are in its first pages. These do not go online, but no dump can be read without them."""
    before, steps, wanted = CASES[case]
    vm = crash(kernel, dimm, "file", before, steps, append="memory_hotplug.memmap_on_memory=1",
               variables={} if wanted else {"FORMAT": "-c"}, **SLOTS)
    require_in_dump(vm, wanted)
    assert keeps(vm) == ["1 1", "1 1"]


@no_control("test_dimm compares, with memory that no driver has")
@pytest.mark.parametrize("case", ["comes", "goes", "comes and goes"])
def test_dax(kernel, crash, case):
    """Persistent memory, which device-dax hands on as memory for all."""
    before, steps, wanted = CASES[case]
    before, steps = [words.replace("comes", "dax_comes").replace("goes", "dax_goes") for words in (before, steps)]
    # Persistent is all above 2 GiB. Two blocks of it are whole: device-dax takes 2 MiB of the first, and the firmware some of the
    # last. A dump of that much memory does not fit into the usual crash kernel.
    vm = crash(kernel, dimm, "file", before, steps, append="memmap=512M!2G crashkernel=512M",
               memory=2560, variables={} if wanted else {"FORMAT": "-c"})
    require_in_dump(vm, wanted)
    assert keeps(vm) == ["1 1", "1 1"]


@no_control("the base has it right, too: no block comes or goes")
def test_balloon(kernel, crash):
    def change(vm, what):
        if what in ("inflate", "deflate"):
            vm.command_qmp("balloon", value=(384 if what == "inflate" else 768) * MIB)
        else:
            dimm(vm, what)
    vm = crash(kernel, change, "file", "", "comes online write inflate deflate", **SLOTS,
               extra=["-device", "virtio-balloon-pci"])
    require_in_dump(vm, True)
    assert keeps(vm) == ["1 1", "1 1"]


@no_control("test_cpu_that_came compares, with eight possible CPUs")
@pytest.mark.parametrize("load", ["file", "load with flag"])
def test_64_possible_cpus(kernel, crash, load):
    vm = crash(kernel, plug, load, job="cpu", smp="2,sockets=64,cores=1,threads=1,maxcpus=64")
    found = [pid for pid, _ in cpus(vm.file("notes"), "x86_64")]
    vm.require(count(vm, "crashing") in found, "the registers of the CPU that crashed are not in the dump")
    assert len(found) == 3
    assert keeps(vm) == ["1 1", "1 1"]
