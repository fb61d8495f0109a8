"""make shell: a shell in the guest. Ctrl-A X ends QEMU."""

import os
import subprocess

from vm.machine import BUILD, Kernel, Machine

JOB = """
first() {
    load_crash_kernel
    echo "A crash kernel is loaded; modprobe test_panic_notifiers shows the lists. Ctrl-A X ends QEMU."
    setsid cttyhack sh
    stop
}
dump() {
    makedumpfile --dump-dmesg /proc/vmcore /tmp/dmesg
    echo "This is the crash kernel: /proc/vmcore, and its log in /tmp/dmesg"
    setsid cttyhack sh
    stop
}
"""


def main():
    kernel = Kernel(os.environ.get("ARCH") or "x86_64")
    level = os.environ.get("LEVEL") or "2"
    vm = Machine(kernel, JOB, BUILD / "run" / "shell",
                 f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}",
                 files=[kernel.out / "lib/test_panic_notifiers.ko"])
    command = [str(word) for word in vm.command]
    command[command.index(f"file:{vm.console_file.name}")] = "mon:stdio"
    subprocess.run(command, cwd=vm.directory, check=False)


if __name__ == "__main__":
    main()
