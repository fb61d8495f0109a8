"""vm.shell ARCH LEVEL: a shell in the guest. Ctrl-A X ends QEMU."""

import subprocess
import sys

from vm.machine import BUILD, Machine
from vm.run import JOBS, build


def main():
    arch, level = sys.argv[1:]
    kernel = build(arch or "x86_64")
    vm = Machine(kernel, JOBS / "shell.sh", BUILD / "run" / "shell",
                 f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level or 2}",
                 files=kernel.modules())
    command = [str(word) for word in vm.command]
    command[command.index(f"file:{vm.console_file.name}")] = "mon:stdio"
    subprocess.run(command, cwd=vm.directory, check=False)


if __name__ == "__main__":
    main()
