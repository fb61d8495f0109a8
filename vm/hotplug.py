"""Memory and CPUs that come and go while a machine runs, and what a dump has of them."""

import re
import struct

from vm.oracle import PANIC

MIB, GIB = 1 << 20, 1 << 30
PT_LOAD = 1

# what is done before the crash kernel is loaded and after that, and whether the memory is in the dump then
CASES = {
    "comes": ("", "comes online write", True),
    "goes": ("comes online", "offline goes", False),
    "goes offline": ("comes online", "offline", False),
    "comes back": ("comes online offline", "online write", True),
    "comes and goes": ("", "comes online offline goes", False),
    "is never online": ("comes", "", False),
}

# how the crash kernel is loaded, and what for that is in LD_PRELOAD
LOADS = {"file": ("-s", ""), "load with flag": ("-c --no-checks", "kexec_flags.so"), "load": ("-c", "")}

# a machine for dimm(): the memory that comes is at 4 GiB
SLOTS = {"memory": "512M,slots=4,maxmem=8G"}
# a machine for a CPU that comes
SOCKETS = {"smp": "2,sockets=4,cores=1,threads=1,maxcpus=4"}
# a machine for resizable()
RESIZABLE = {"memory": "512M,maxmem=8G", "extra": (
    "-object", "memory-backend-ram,id=backend,size=1G", "-device", "virtio-mem-pci,id=resizable,memdev=backend")}


def dimm(vm, what, size=256 * MIB):
    """What the guest asks for, with a DIMM."""
    if what == "comes":
        vm.command_qmp("object-add", **{"qom-type": "memory-backend-ram", "id": "backend", "size": size, "reserve": False})
        vm.command_qmp("device_add", driver="pc-dimm", id="dimm", memdev="backend")
    else:
        vm.command_qmp("device_del", id="dimm")
        vm.wait_for("end of the DIMM", lambda: "DEVICE_DELETED" in [event for event, _ in vm.qmp_events()])
        vm.command_qmp("object-del", id="backend")


def plug(vm, what):
    """What the guest asks for, with a DIMM or a CPU."""
    if what == "cpu":
        vm.command_qmp("device_add", driver="Nehalem-x86_64-cpu", id="cpu",
                       **{"socket-id": 2, "core-id": 0, "thread-id": 0})
    else:
        dimm(vm, what)


def resizable(vm, what):
    """The same with virtio-mem."""
    vm.command_qmp("qom-set", path="resizable", property="requested-size", value=256 * MIB if what == "comes" else 0)


def crash(machine, kernel, change, files, load="file", before="", steps="", job="memory", variables=None, append="",
          wants=(PANIC,), **options):
    """Runs a machine that crashes after some steps, until the dump has been read.

    change is called with what the guest asks for. The base is loaded by kexec_file_load where the series uses a flag
    that it does not know.
    """
    if kernel.flavor == "base" and load == "load with flag":
        load = "load"
    words, preload = LOADS[load]
    vm = machine(kernel, job, f"crashkernel={kernel.crashkernel}M panic=-1 {append}", wants=wants, variables={
        "LOAD": words, "PRELOAD": preload, "BEFORE": before, "STEPS": steps, "PAGES": 256, "BLOCKS": 2,
        **(variables or {})}, files=files, **options)
    with vm:
        asked = 1
        while True:
            found = []
            vm.wait_for("request or verdict", lambda: found.extend(
                line for line in vm.said() if re.match(rf"ask {asked} |verdict ", line)) or found)
            if not found[0].startswith("ask"):
                break
            change(vm, found[0].split()[2])
            asked += 1
        vm.wait_ok()
    return vm


MACHINES = {"x86_64": (dimm, SLOTS), "arm64": (resizable, RESIZABLE)}


def loads(data):
    """[start, end) of each piece of memory in a vmcore, without the kernel's own mapping."""
    phoff, = struct.unpack_from("<Q", data, 32)
    phentsize, phnum = struct.unpack_from("<HH", data, 54)
    found = []
    for i in range(phnum):
        kind, _, _, vaddr, paddr, _, size = struct.unpack_from("<IIQQQQQ", data, phoff + i * phentsize)
        if kind == PT_LOAD and vaddr < 0xffffffff80000000:
            found.append((paddr, paddr + size))
    return sorted(found)


def own_memory(vm):
    """[start, end) of each piece of System RAM that the capture kernel has."""
    return [(int(start, 16), int(end, 16) + 1)
            for start, end in re.findall(r"^(\w+)-(\w+) : System RAM", vm.text("iomem"), re.M)]


def count(vm, name):
    """The number that the guest has said after this word."""
    return int([line for line in vm.said() if line.startswith(f"{name} ")][-1].split()[1])


def keeps(vm):
    """What both crash_hotplug files said, each time the guest looked."""
    return [line.removeprefix("crash_hotplug ") for line in vm.said() if line.startswith("crash_hotplug ")]


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
