"""vm.boot ARCH FLAVOR [VARIANT]: does this kernel boot, crash and leave a dump?"""

import sys

from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, Machine
from vm.oracle import PANIC


def main():
    kernel = Kernel(*sys.argv[1:])
    vm = Machine(kernel, TOP / "vm/jobs/boot.sh", BUILD / "run" / f"boot-{kernel.name}",
                 f"crashkernel={kernel.crashkernel}M panic=-1 kunit.enable=1", wants=[PANIC])
    try:
        with vm:
            vm.wait_ok()
    except Failure as failure:
        sys.exit(f"safestop: {failure}")


if __name__ == "__main__":
    main()
