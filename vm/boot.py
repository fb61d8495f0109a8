"""vm.boot ARCH FLAVOR [VARIANT]: does this kernel boot, sleep, crash and leave a dump?"""

import shutil
import sys

from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, Machine, drive
from vm.oracle import PANIC
from vm.places import MiB


def main():
    kernel = Kernel(*sys.argv[1:])
    directory = BUILD / "run" / f"boot-{kernel.name}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    # a variant without filesystems only crashes
    sleeps = any(module.stem == "ext4" for module in kernel.modules())
    extra = []
    if sleeps:
        extra = ["-device", "virtio-rng-pci", *drive("fstools", BUILD / f"fstools-{kernel.arch}.cpio", ",readonly=on")]
        for name in ("d0", "d1", "d2", "d3"):
            with open(directory / name, "wb") as disk:
                disk.truncate(512 * MiB)
            extra += drive(name, directory / name, ",cache=unsafe")
    vm = Machine(kernel, TOP / "vm/jobs/boot.sh", directory, f"crashkernel={kernel.crashkernel}M panic=-1 kunit.enable=1",
                 wants=[PANIC], files=kernel.modules(), extra=extra, memory=max(kernel.memory, 1024),
                 variables={"SLOW": kernel.slow, "SLEEPS": 1 if sleeps else ""})
    try:
        with vm:
            vm.wait_ok()
    except Failure as failure:
        sys.exit(f"safestop: {failure}")


if __name__ == "__main__":
    main()
