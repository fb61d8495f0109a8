"""A devicetree that is damaged: does the boot go on without it, and does a line say why?"""

import random
import re
import struct

import pytest

from conftest import LONG, control, no_control
from vm.devicetree import LOG, LOG_NODE, LOG_SIZE, dtb, require_tree

HEADER = struct.Struct(">10I")
# of the first one, #address-cells
PROPERTY, LENGTH = struct.pack(">I", 3), struct.pack(">I", 4)


def with_header(tree, **fields):
    names = "magic totalsize struct strings rsvmap version last boot strings_size struct_size".split()
    header = dict(zip(names, HEADER.unpack_from(tree)), **fields)
    return HEADER.pack(*header.values()) + tree[HEADER.size:]


BAD = {
    "cut off": (lambda tree: tree[:-8], "FDT_ERR_TRUNCATED"),
    "cut off in the header": (lambda tree: tree[:16], "FDT_ERR_TRUNCATED in 16 bytes"),
    "magic": (lambda tree: with_header(tree, magic=0xd00dfeef), "FDT_ERR_BADMAGIC"),
    "version": (lambda tree: with_header(tree, version=1), "FDT_ERR_BADVERSION"),
    "size beyond the data": (lambda tree: with_header(tree, totalsize=len(tree) + 4096), "FDT_ERR_TRUNCATED"),
    "size of 3 GiB": (lambda tree: with_header(tree, totalsize=3 << 30), "FDT_ERR_TRUNCATED"),
    "structure beyond the data": (lambda tree: with_header(tree, struct=len(tree)), "FDT_ERR_TRUNCATED"),
    "no end": (lambda tree: tree.replace(struct.pack(">II", 2, 9), struct.pack(">II", 4, 9)), "FDT_ERR_BADSTRUCTURE"),
    "too large": (lambda tree: with_header(tree, totalsize=300000).ljust(300000, bytes(1)), "FDT_ERR_TRUNCATED in 258048 bytes"),
    "negative length": (lambda tree: tree.replace(PROPERTY + LENGTH, PROPERTY + struct.pack(">i", -12), 1), "FDT_ERR_BADSTRUCTURE"),
    "noise": (lambda tree: random.Random(18).randbytes(len(tree)), "FDT_ERR_BADMAGIC"),
}


# the base boots with most of them, but not with a property that ends before it begins
@control("no line says why|the kernel complains", bad=[name for name in BAD if name != "negative length"])
@pytest.mark.parametrize("bad", [name if name in ("cut off", "magic", "negative length", "too large")
                                 else pytest.param(name, marks=LONG) for name in BAD])
def test_bad_tree(board, bad):
    machine = board("q35")
    damage, says = BAD[bad]
    machine.damage(damage)
    vm = machine.start(hops=1)
    lines = [line for line in vm.console().splitlines() if "OF: devicetree ignored: " in line]
    vm.require(len(lines) == 1 and says in lines[0], "no line says why")
    assert not vm.has_file("fdt-0") and not vm.has_file("fdt-1")


# what the kernel itself reads of a tree; a driver that is given nonsense is another matter
EVERYTHING = LOG_NODE % "nobody" + """
	chosen { stdout-path = "serial0:115200"; };
	aliases { serial0 = &port; bus0 = &bus; };
	cpus {
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 { device_type = "cpu"; reg = <0>; };
	};
	intc: interrupt-controller@fd000000 {
		reg = <0 0xfd000000 0 0x1000>;
		interrupt-controller;
		#interrupt-cells = <2>;
	};
	bus: bus@fd100000 {
		compatible = "simple-bus";
		#address-cells = <1>;
		#size-cells = <1>;
		ranges = <0 0 0xfd100000 0x10000>;
		dma-ranges;
		port: serial@100 { compatible = "nobody,port"; reg = <0x100 0x100>; interrupts-extended = <&intc 4 1>; };
		device@200 { compatible = "nobody,device"; reg = <0x200 0x100>; interrupt-parent = <&intc>; interrupts = <5 1>;
			     memory-region = <&{/reserved-memory/log@10000000}>; status = "okay"; };
	};"""


@no_control("luck decides what the base makes of it")
@pytest.mark.parametrize("seed", [seed if seed < 5 else pytest.param(seed, marks=LONG) for seed in range(200)])
def test_mutated_tree(board, seed):
    """Up to four bytes are something else. Whatever the kernel makes of it, it boots."""
    machine = board("q35")
    rnd, tree = random.Random(seed), bytearray(dtb(machine.tree[1], EVERYTHING))
    for _ in range(rnd.randint(1, 4)):
        tree[rnd.randrange(len(tree))] = rnd.randrange(256)
    machine.damage(lambda _: bytes(tree))
    machine.start()


@no_control("the base does not look at what a tree reserves")
def test_memory_in_use(board):
    """A tree reserves memory in which the kernel is, and the rest of the machine's, beside what it may reserve."""
    reserved = LOG_NODE % "nobody"
    for address, size in (0x1000000, 0x1000), (0x2000000, 0xfffffffffe000000), (0, 0x20000000):
        reserved = reserved.replace("\tlog@", f"\twrong@{address:x} {{ reg = <0 {address:#x} {size >> 32:#x} {size & 0xffffffff:#x}>; "
                                    "};\n\t\tlog@", 1)
    vm = board("q35", reserved).start(append="nokaslr")
    assert len(re.findall("OF: memory .* cannot be reserved, it is in use", vm.console())) == 3
    assert f"{LOG:08x}-{LOG + LOG_SIZE - 1:08x} : Reserved" in vm.text("iomem-0")


@control("no verdict")
def test_tree_in_reserved_memory(board):
    """memmap= takes away the memory that the tree is in, which stops the base's boot."""
    machine = board("q35")
    start = {"append": "nokaslr", "loads": "load", "hops": 1, "timeout": 30}
    # hdr.setup_data
    where, = struct.unpack_from("<Q", machine.start(**start).file("boot_params-1"), 0x250)
    where &= ~0xffff
    vm = machine.start(parameters=f"memmap=128K${where:#x}", **start)
    assert re.search(f"-{where + 0x1ffff:08x} : Reserved", vm.text("iomem-1"))
    require_tree(vm, machine, 2)


@control("the tree has brought a CPU")
def test_cpus(board):
    """ACPI has described the CPUs, and the tree does, too."""
    vm = board("q35", """
	cpus {
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 { device_type = "cpu"; reg = <0>; };
		cpu@7 { device_type = "cpu"; reg = <7>; };
	};""").start(hops=1)
    vm.require(vm.console().count("smpboot: Allowing 2 CPUs") == 2, "the tree has brought a CPU")


@no_control("the base has no such tests")
def test_kunit(board):
    vm = board("q35").start("kunit.enable=1")
    assert "# x86_dtb: pass:9 fail:0 skip:0 total:9" in vm.console()
