"""vm.boot ARCH FLAVOR [VARIANT]: does this kernel boot, crash and leave a dump?"""

import sys

from vm.machine import BUILD, Failure, Kernel, Machine

JOB = """
first() {
    load_crash_kernel
    echo c >/proc/sysrq-trigger
}
dump() {
    send_vmcore_log
    verdict ok
}
"""


def main():
    kernel = Kernel(*sys.argv[1:])
    vm = Machine(kernel, JOB, BUILD / "run" / f"boot-{kernel.name}",
                 f"crashkernel={kernel.crashkernel}M panic=-1")
    try:
        with vm:
            vm.wait_ok()
    except Failure as failure:
        sys.exit(f"safestop: {failure}")


if __name__ == "__main__":
    main()
