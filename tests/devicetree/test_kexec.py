"""Does the next kernel, and the one that captures a dump, have the devicetree that the first was given?"""

import pytest

from conftest import LONG, control, no_control, program
from vm.devicetree import KINDS, LOG, LOG_NODE, LOG_SIZE, memory_maps, require_tree
from vm.kernel import Kernel


@control("the tree is lost in kernel 1", way=["file"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["file", "load"])
@pytest.mark.parametrize("end", ["kexec", "crash"])
def test_tree(board, kind, end, way):
    """The base keeps it if a newer kexec hands it on by kexec_load(2)."""
    machine = board(kind)
    vm = machine.start(hops=1, loads=way) if end == "kexec" else machine.start(crash=way)
    require_tree(vm, machine, 2)


@LONG
@no_control("a newer kexec hands it on on the base, too")
@pytest.mark.parametrize("arch", ["i386"], indirect=True)
def test_32_bits(board):
    """There is no kexec_file_load(2)."""
    machine = board("q35")
    require_tree(machine.start(hops=2, loads="load", crash="load"), machine, 4)


@no_control("the base loses the tree in the first kexec: test_tree")
@pytest.mark.parametrize("kind, loads", [("q35", "file load"), pytest.param("pc", "file", marks=LONG),
                                         pytest.param("microvm", "load file file", marks=LONG)])
def test_chain(board, kind, loads):
    machine = board(kind, LOG_NODE % "ramoops")
    vm = machine.start(loads=loads, hops=10, crash="file", timeout=180)
    require_tree(vm, machine, 12)
    maps = memory_maps(vm)
    # kexec_load(2) goes by the firmware's map, kexec_file_load(2) by what this kernel has made of it
    assert maps[2:11] == [maps[2]] * 9


@control("the map has a hole where the tree was")
def test_memory_map(board):
    """The tree comes by kexec_load(2), to a place that no other kernel has it at, and goes by kexec_file_load(2)."""
    vm = board("q35").start(loads="load file", hops=2)
    maps = memory_maps(vm)
    vm.require(maps[0] == maps[2], "the map has a hole where the tree was")


@no_control("the base's kernels are part of it")
@pytest.mark.parametrize("kind", ["q35", pytest.param("pc", marks=LONG)])
@pytest.mark.parametrize("end", ["kexec", "crash"])
def test_no_tree(board, machine, kernel, kind, end):
    """A kernel that was given no tree makes the boot parameters for the next one that the base makes, to the byte."""
    found = []
    image = kernel.image
    for running in (kernel, Kernel(kernel.arch, "base", kernel.variant)):
        board_ = board(kind)
        board_.kernel, board_.tree, board_.image = running, [], image
        # where the crash kernel is depends on where the kernel is
        vm = board_.start("nokaslr", hops=1) if end == "kexec" else board_.start("nokaslr", crash="file")
        assert not vm.has_file("fdt-0") and not vm.has_file("fdt-1")
        found.append(vm.file("boot_params-1"))
    assert found[0] == found[1]


@control("the kernel is not loaded")
def test_flag(board, kernel):
    """The flag with which newer user space asks for the tree."""
    machine = board("q35")
    vm = machine.start(loads="flag", hops=1, files=[program("kexec_flags.so", kernel)])
    require_tree(vm, machine, 2)


@control("the memory is not reserved in kernel 0")
def test_reserved_memory(board):
    vm = board("q35", LOG_NODE % "safestop,nobody").start(hops=1, crash="file")
    for number in range(3):
        vm.require(f"{LOG:08x}-{LOG + LOG_SIZE - 1:08x} : Reserved" in vm.text(f"iomem-{number}"),
                   f"the memory is not reserved in kernel {number}")


@no_control("the base uses this memory for something else, and writes to it")
@pytest.mark.parametrize("end", ["kexec", "crash"])
def test_log_in_reserved_memory(board, end):
    """What a kernel has written there can be read in the next one."""
    machine = board("q35", LOG_NODE % "ramoops")
    vm = machine.start(hops=1) if end == "kexec" else machine.start(crash="file")
    assert vm.text("pmsg-1") == f"{vm.nonce} of kernel 0\n"


@control("the measurements are lost")
def test_measurements(board):
    """What IMA has measured is handed on, with a tree and without."""
    machine = board("q35")
    vm = machine.start(hops=1, append="ima_policy=tcb")
    vm.require(len(vm.text("measured-1").splitlines()) == 2, "the measurements are lost")


@control("no verdict")
def test_earlycon(board):
    """There is no tree yet when "earlycon" asks it for a console."""
    vm = board("q35").start(hops=1, parameters="earlycon", timeout=30)
    assert vm.has_file("fdt-1")


@control("no verdict")
def test_nolapic(board):
    """A tree without CPUs, on a machine without ACPI, is asked for them, but there is no local APIC."""
    vm = board("microvm").start(hops=1, loads="load", parameters="nolapic", timeout=30)
    assert vm.has_file("fdt-1")
