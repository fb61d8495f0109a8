"""Machines that are given a devicetree."""

import subprocess

import pytest

from vm.kernel import BUILD, Kernel
from vm.machine import drive

# what the tree reserves for a log, in the midst of the memory
LOG, LOG_SIZE = 0x10000000, 0x100000
# where QEMU has a flash of 64 KiB beside that of the firmware
FLASH = 0xfffb0000
BIOS = "/usr/share/seabios/bios-256k.bin"

TREE = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	model = "safestop";
	compatible = "safestop,board";
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		log@%(log)x {
			compatible = "ramoops";
			reg = <0 %(log)#x 0 %(log_size)#x>;
			record-size = <0x20000>;
			console-size = <0x40000>;
			pmsg-size = <0x20000>;
		};
	};
%(device)s
};
"""
FLASH_NODE = """	flash@%x {
		compatible = "cfi-flash";
		reg = <0 %#x 0 0x10000>;
		bank-width = <1>;
	};""" % (FLASH, FLASH)


def dtb(path, device="", **numbers):
    """A devicetree, made by dtc."""
    source = TREE % {"log": LOG, "log_size": LOG_SIZE, "device": device, **numbers}
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", path, "-"], input=source.encode(), check=True)
    return path


@pytest.fixture
def arch(request):
    return getattr(request, "param", "x86_64")


@pytest.fixture
def kernel(arch, flavor):
    return Kernel(arch, flavor, "devicetree")


@pytest.fixture
def board(machine, kernel):
    """Makes a machine of a kind of QEMU's that is given a tree: board(kind, job, tree, append, **options of Machine)."""
    def make(kind, job, tree, append="", **options):
        extra = ["-machine", kind, *(["-dtb", tree] if tree else []),
                 *drive("newer", BUILD / f"newer-{kernel.arch}.cpio", ",readonly=on")]
        return machine(kernel, job, append, extra=[*extra, *options.pop("extra", [])], **options)
    return make
