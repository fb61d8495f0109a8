"""Machines that are given a devicetree."""

import subprocess

from vm.kernel import BUILD
from vm.machine import drive
from vm.oracle import PANIC

# what a tree reserves, in the midst of the memory
LOG, LOG_SIZE = 0x10000000, 0x100000
LOG_NODE = f"""
	reserved-memory {{
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		log@{LOG:x} {{
			compatible = "%s";
			reg = <0 {LOG:#x} 0 {LOG_SIZE:#x}>;
			record-size = <0x20000>;
			pmsg-size = <0x20000>;
		}};
	}};"""

# a flash beside that of the firmware, which is the end of the first 4 GiB; 64 KiB
FLASH = 0xfffb0000
FLASH_NODE = f"""
	flash@{FLASH:x} {{
		compatible = "cfi-flash";
		reg = <0 {FLASH:#x} 0 0x10000>;
		bank-width = <1>;
	}};"""
# microvm's firmware, 128 KiB, of which it has changed some by then
ROM_NODE = """
	rom@fffe0000 {
		compatible = "mtd-rom";
		reg = <0 0xfffe0000 0 0x20000>;
		bank-width = <1>;
	};"""
# microvm's ACPI has no timer that Linux can do with without KVM
KINDS = {"pc": "pc", "q35": "q35", "microvm": "microvm,acpi=off"}


def dtb(path, nodes):
    """Makes a devicetree."""
    source = f"""/dts-v1/;
/ {{
	#address-cells = <2>;
	#size-cells = <2>;
	compatible = "safestop,board";
	{nodes}
}};
"""
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path, "-"], input=source.encode(), check=True)
    return path.read_bytes()


class Board:
    """A machine of a kind of QEMU's that is given a tree, with a device that only the tree describes.

    machine(kernel, job, append, **options) makes the Machine, its files are in directory.
    """

    def __init__(self, directory, machine, kernel, kind, nodes=""):
        self.kernel = kernel
        if kind == "microvm":
            kernel.data["virtio"] = "device"
            self.device, node, firmware = None, ROM_NODE, []
        else:
            self.device, node = bytes(range(256)) * 256, FLASH_NODE
            (directory / "flash").write_bytes(self.device)
            firmware = ["-drive", "if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/seabios/bios-256k.bin",
                        "-drive", f"if=pflash,unit=1,format=raw,readonly=on,file={directory / 'flash'}"]
        self.dtb = dtb(directory / "dtb", node + nodes)
        self.extra = ["-machine", KINDS[kind], *firmware, *drive(
            "newer", BUILD / f"newer-{kernel.arch}.cpio", ",readonly=on", kernel.data["virtio"])]
        self.machine, self.tree = machine, ["-dtb", directory / "dtb"]
        self.image = kernel.image

    def damage(self, change):
        """Puts something else in the place of the tree."""
        self.dtb = change(self.dtb)
        self.tree[1].write_bytes(self.dtb)

    def start(self, append="", loads="file", hops=0, crash="", parameters="", **options):
        """Runs a machine to its end: so many kexecs, each by a word of loads, and a crash if there is a way for it."""
        vm = self.machine(self.kernel, "kexec", f"crashkernel={self.kernel.crashkernel}M panic=-1 {append}", variables={
            "LOADS": loads, "HOPS": hops, "CRASH": crash, "PARAMETERS": parameters}, extra=[*self.extra, *self.tree],
            wants=[PANIC] if crash else [], **options)
        # what is started anew may be another kernel
        vm.command = [word.replace(str(self.kernel.image), str(self.image)) if str(word).startswith("if=none,id=kernel") else word
                      for word in vm.command]
        with vm:
            vm.wait_ok()
        return vm


def require_tree(vm, board, kernels):
    """Each of so many kernels has the tree to the byte, and the device that only the tree describes."""
    for number in range(kernels):
        vm.require(vm.has_file(f"fdt-{number}"), f"the tree is lost in kernel {number}")
        assert vm.file(f"fdt-{number}") == board.dtb
        device = vm.file(f"device-{number}")
        assert device == board.device or board.device is None and device == vm.file("device-0") and any(device)


def memory_maps(vm):
    """The map that each kernel was given, from 1 MiB upwards: a newer kexec keeps the first page out of it."""
    maps = []
    while vm.has_file(f"memmap-{len(maps)}"):
        lines = vm.text(f"memmap-{len(maps)}").splitlines()
        maps.append([line for line in lines if int(line.split()[0], 16) >= 1 << 20])
    return maps
