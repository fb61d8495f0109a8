"""arm64's crash kernel in its memory, wherever that is: it comes up, has memory for DMA, and saves a dump;
what is loaded cannot be written to; and the memory can be given back, and outlives hibernation.

The base does most of this too, and the series has to go on doing it: those tests run on both, so that they
are known to pass where nothing was changed. What the base does not do is in tests of its own, or the outcome
that is asked for depends on the flavor.
"""

import re
from dataclasses import dataclass

import pytest

import crashkernel as ck
from conftest import oot_module
from oracle import events
from test_crashkernel import levels, linear_map
from vm.machine import Failure, Kernel
from vm.notes import cpus

MiB, GiB = 1 << 20, 1 << 30


@dataclass(frozen=True)
class Place:
    board: str
    line: str
    load: str = "-s"
    # where the region has to be: (not below, not above)
    within: tuple = (4 * GiB, 16 * GiB)
    flavors: tuple = ("series", "base")
    # MiB of a NUMA node at the end of memory
    node: int = 0


PLACES = {
    "high": Place("6G", "crashkernel=320M,high"),
    "high, kexec_load": Place("6G", "crashkernel=320M,high crashkernel=160M,low", "-c"),
    "high without low": Place("6G", "crashkernel=320M,high crashkernel=0,low"),
    "high that is low": Place("ends 386M above 4G", "crashkernel=512M,high", within=(0, 4 * GiB),
                              flavors=("series",)),
    "fallen back": Place("low memory in pieces", "crashkernel=640M", flavors=("series",)),
    "at offset": Place("6G", "crashkernel=320M@0x128000000", "-c"),
    "low": Place("6G", "crashkernel=320M", within=(0, 4 * GiB)),
    "low, kexec_load": Place("2G of reach, 3458M", "crashkernel=320M", "-c", within=(0, 2 * GiB)),
    "on two nodes": Place("6G", "crashkernel=320M,high", node=160),
    "on two nodes, kexec_load": Place("6G", "crashkernel=320M,high", "-c", node=160),
    "above 2G": Place("2G of reach, 3458M", "crashkernel=1200M,high", within=(2 * GiB, 16 * GiB)),
}
CASES = [(flavor, place) for place in PLACES for flavor in PLACES[place].flavors]

JOB = """
region() {
    sed -n 's/^ *\\(.*\\) : Crash kernel/\\1/p' /proc/iomem | tail -n 1
}
try() { # address; says whether a write there goes through
    dmesg -c >/dev/null
    if (echo "$1" >/sys/kernel/debug/oot_crashkernel); then
        echo written
    elif dmesg | grep -q "Unable to handle kernel paging request"; then
        echo faulted
    fi
}
first() {
    send iomem /proc/iomem
    send map /sys/kernel/debug/kernel_page_tables
    region=$(region)
    [ "$region" ] || verdict "no memory is reserved"
    # in the image of the crash kernel, which begins with the region, and where nothing is loaded
    image=$((0x${region%-*} + 0x400000)) free=$(((0x${region%-*} + 0x${region#*-}) / 2 & ~0xfff))
    modprobe oot_crashkernel
    say before $(try $image)
    LOAD
    say free $(try $free)
    say image $(try $image)
    AFTER
    echo c >/proc/sysrq-trigger
}
dump() {
    dmesg >/tmp/log
    send log /tmp/log
    send_vmcore_log
    verdict ok
}
"""


def start(flavor, name, request, machine, load="load_crash_kernel", after="", **options):
    place = PLACES[name]
    board = ck.BOARDS[place.board]
    directory = request.getfixturevalue("tmp_path")
    devicetree = board.devicetree(directory / "dtb")
    kernel = Kernel("arm64", flavor)
    # kexec_load takes a devicetree with a seed in it for a mistake if nokaslr leaves it there
    extra = ["-machine", "dtb-randomness=off", *(["-dtb", devicetree] if devicetree else []), *options.pop("extra", ())]
    if place.node:
        for i, size in enumerate((board.memory - place.node, place.node)):
            extra += ["-object", f"memory-backend-ram,id=m{i},size={size}M", "-numa", f"node,memdev=m{i}"]
    job = JOB.replace("LOAD", f"{load} {place.load}").replace("AFTER", after)
    return machine(kernel, job, f"panic=-1 {place.line}",
                   files=[oot_module(kernel, "oot_crashkernel")], smp=1, memory=board.memory, extra=extra, **options)


@pytest.mark.parametrize("flavor, name", CASES)
def test_dump_and_protection(flavor, name, request, machine):
    vm = start(flavor, name, request, machine)
    with vm:
        vm.wait_ok()
    low, high = PLACES[name].within
    start_, end = ck.regions(vm.text("iomem"))[-1]
    assert low <= start_ and end <= high
    assert levels(vm.text("map"), start_, end) == {"PTE"}
    ram = re.findall(r"^(\w+)-(\w+) : System RAM$", vm.text("iomem"), re.M)
    assert sum(int(last, 16) + 1 - int(first, 16) for first, last in ram) == ck.BOARDS[PLACES[name].board].memory * MiB
    if PLACES[name].node and flavor == "series":
        border = ck.BOARDS[PLACES[name].board].end - PLACES[name].node * MiB
        assert start_ < border < end
    said = dict(line.split(" ", 1) for line in vm.said() if " " in line)
    assert (said["before"], said["free"], said["image"]) == ("written", "written", "faulted")
    assert events(vm.text("dmesg"))[0] == "panic" and vm.nonce in vm.text("dmesg")
    assert len(cpus(vm.file("notes"), "arm64")) == 1


def test_nothing_to_fall_back_to_on_the_base(request, machine):
    with start("base", "fallen back", request, machine) as vm:
        with pytest.raises(Failure, match="no memory is reserved"):
            vm.wait_ok()


@pytest.mark.parametrize("flavor", ["series", "base"])
def test_memory_for_dma(flavor, request, machine):
    """With X,high alone, only the series' capture kernel has memory below 4 GiB."""
    vm = start(flavor, "high", request, machine)
    with vm:
        vm.wait_ok()
    mapped = re.search(r"software IO TLB: mapped \[mem 0x0*(\w+)-", vm.text("log"))
    assert bool(mapped and int(mapped[1], 16) < 4 * GiB) == (flavor == "series")


SHRINK = """
    set -- $(cat /sys/kernel/kexec_crash_size) $(awk '/MemTotal/ { print $2 }' /proc/meminfo)
    echo $(($1 / 2)) >/sys/kernel/kexec_crash_size
    set -- $1 $2 $(cat /sys/kernel/kexec_crash_size) $(awk '/MemTotal/ { print $2 }' /proc/meminfo)
    say shrunk $*
    send after /proc/iomem
    load_crash_kernel"""


@pytest.mark.parametrize("flavor, name", [case for case in CASES if case[1] in
                                          ("high", "high that is low", "at offset", "low")])
def test_shrink_and_load(flavor, name, request, machine):
    vm = start(flavor, name, request, machine, load=SHRINK)
    with vm:
        vm.wait_ok()
    shrunk = next(line for line in vm.said() if line.startswith("shrunk ")).split()
    size, total, half, new_total = (int(word) for word in shrunk[1:])
    assert half == size // 2
    assert new_total - total == half >> 10
    (start_, _), (shrunk_start, shrunk_end) = (ck.regions(vm.text(f))[-1] for f in ("iomem", "after"))
    assert shrunk_start == start_ and shrunk_end - shrunk_start == half


HIBERNATE = """
    mkswap /dev/vdd >/dev/null
    swapon /dev/vdd
    echo reboot >/sys/power/disk
    say hibernating
    echo disk >/sys/power/state || verdict "cannot hibernate"
    dmesg | grep -q "PM: hibernation: hibernation exit" || verdict "not resumed"
    say resumed
    say again $(try $image)"""


@pytest.mark.parametrize("flavor, name", [case for case in CASES if case[1] in ("high", "low")])
def test_hibernation(flavor, name, request, machine):
    """What is loaded outlives a hibernation, and is protected again."""
    disk = request.getfixturevalue("tmp_path") / "swap"
    with open(disk, "wb") as file:
        file.truncate(1 * GiB)
    vm = start(flavor, name, request, machine, after=HIBERNATE, reboots=True,
               extra=["-drive", f"if=none,id=swap,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=swap"])
    vm.command[vm.command.index("-append") + 1] += " resume=/dev/vdd"
    with vm:
        vm.wait_ok()
    assert vm.stages() == ["first", "dump"]
    assert "resumed" in vm.said() and "again faulted" in vm.said()


def by_level(flavor, line, request, machine):
    """MiB of the linear map in pages, and in blocks, on a machine of 6 GiB."""
    vm = machine(Kernel("arm64", flavor), """
first() {
    send map /sys/kernel/debug/kernel_page_tables
    verdict ok
}
""", f"nokaslr rodata=on {line}", smp=1, memory=6144)
    with vm:
        vm.wait_ok()
    pages = blocks = 0
    for first, last, level, flags in linear_map(vm.text("map")):
        if "MEM/NORMAL" in flags:
            pages += (last - first) * (level == "PTE" and "CON" not in flags)
            blocks += (last - first) * (level != "PTE")
    return pages // MiB, blocks // MiB


# What has to be made of pages, in MiB
PAGES = {
    "": 0,
    "crashkernel=0": 0,
    "crashkernel=nonsense": 0,
    "crashkernel=512M,high": 512,
    "crashkernel=512M@0x120000000": 512,
    "crashkernel=512M": 3072 + 512,
}


@pytest.mark.parametrize("line", PAGES)
@pytest.mark.parametrize("flavor", ["series", "base"])
def test_blocks_of_the_linear_map(flavor, line, request, machine):
    pages, blocks = by_level(flavor, line, request, machine)
    if flavor == "series" or not line:
        # the kernel's own image, in 8 MiB, is mapped in another way
        assert PAGES[line] - 8 <= pages <= PAGES[line] + 8 and blocks >= 6144 - pages - 8
    else:
        assert pages >= 6144 - 8
