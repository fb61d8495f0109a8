"""Architectures, variants and kernels: the data of arches/ and variants/, which the shell scripts read, too."""

import shlex
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = TOP / "build"

RAMOOPS = 4  # MiB


def read(path):
    """A file of name=value lines, quoted as in sh."""
    return dict(word.split("=", 1) for word in shlex.split(path.read_text(), comments=True))


class Kernel:
    """A kernel that scripts/kernel has built, or is to build."""

    def __init__(self, arch, flavor="series", variant="default"):
        self.arch, self.flavor, self.variant = arch, flavor, variant
        self.data = read(TOP / "arches" / arch)
        self.name = f"{arch}-{flavor}" + ("" if variant == "default" else f"-{variant}")
        self.out = BUILD / "out" / self.name
        self.image = self.out / self.data["image"]
        self.vmlinux = self.out / "vmlinux"
        self.source = BUILD / ("base-tree" if flavor == "base" else "tree")
        numbers = read(TOP / "variants" / variant)
        self.memory, self.crashkernel, self.slow = (int(numbers[name]) for name in ("memory", "crashkernel", "slow"))

    def symbol(self, name):
        """Address of a symbol of the kernel image, as linked."""
        for line in (self.out / "System.map").read_text().splitlines():
            address, _, symbol = line.split()
            if symbol == name:
                return int(address, 16)
        raise LookupError(f"{self.vmlinux} has no symbol {name}")

    def ramoops(self, dumper):
        """Parameters for ramoops, in memory that the kernel does not use and a reset leaves alone.

        Without a dumper it keeps the console over a reboot, but takes no kmsg dump.
        """
        if "ramoops" in self.data:
            address = int(self.data["ramoops"], 0)
            reserve = f"memmap={RAMOOPS}M${address:#x}"
        else:
            address = int(self.data["memory_start"], 0) + (self.memory - RAMOOPS << 20)
            reserve = f"mem={self.memory - RAMOOPS}M"
        return (f"{reserve} ramoops.mem_address={address:#x} "
                f"ramoops.mem_size={RAMOOPS << 20:#x} ramoops.console_size=0x40000 "
                f"ramoops.record_size={0x20000 if dumper else 0:#x} ramoops.max_reason=1")

    def modules(self):
        """The kernel's own modules, without debug information."""
        return sorted((self.out / "install").rglob("*.ko"))

    def tool(self, name):
        """The command for a tool that reads dumps of this architecture only."""
        if "user" not in self.data:
            return [name]
        root = BUILD / f"tools-{self.arch}"
        return [self.data["user"], "-L", root, root / "usr/bin" / name]
