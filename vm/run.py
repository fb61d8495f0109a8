"""make run: crash a kernel with kdump loaded and show, from the dump, what happened."""

import os
import re
import shutil
import sys

from vm.machine import ARCHES, BUILD, Failure, Kernel, Machine
from vm.notes import cpus

JOB = """
first() {
    load_crash_kernel
    modprobe test_panic_notifiers
    say loaded
    echo c >/proc/sysrq-trigger
}
dump() {
    send_vmcore_log
    say release $(uname -r)
    send_vmcore
    verdict ok
}
"""

STEPS = re.compile(r"\[ *(\d+\.\d+)\] (?:(Kernel panic - not syncing: .*)"
                   r"|test_panic_notifiers: (\w+ list): .*|(SMP: stopping secondary CPUs))")


def timeline(log):
    """Print what the dump's log shows of the panic, in seconds since it began."""
    start = log.index("Kernel panic - not syncing")
    start = log.rindex("\n", 0, start) + 1
    begin = None
    for time, *words in STEPS.findall(log[start:]):
        begin = float(time) if begin is None else begin
        print(f"  {float(time) - begin:+9.6f} s  {''.join(words)}")
    last = float(re.findall(r"^\[ *(\d+\.\d+)\]", log, re.M)[-1])
    print(f"  {last - begin:+9.6f} s  last word in the log; kdump follows")


def main():
    arch, level = os.environ.get("ARCH") or "x86_64", os.environ.get("LEVEL") or "2"
    if arch not in ARCHES:
        sys.exit(f"safestop: ARCH={arch} is not one of {', '.join(ARCHES)}")
    if level not in ("0", "1", "2", "3", "4"):
        sys.exit(f"safestop: LEVEL={level} is not one of 0 to 4")
    kernel = Kernel(arch)
    directory = BUILD / "run" / f"{arch}-level{level}"
    shutil.rmtree(directory, ignore_errors=True)
    vm = Machine(kernel, JOB, directory, f"crashkernel={kernel.crashkernel}M panic=-1 "
                 f"panic_notifiers_level={level} {kernel.ramoops(dumper=True)}",
                 files=[kernel.out / "lib/test_panic_notifiers.ko"])
    print(f"safestop: {arch}, panic_notifiers_level={level}, a kmsg dumper (ramoops) is registered")
    try:
        with vm:
            vm.wait_said("stage first")
            print("safestop: booted")
            vm.wait_said("loaded")
            print("safestop: crash kernel loaded, now echo c >/proc/sysrq-trigger", flush=True)
            vm.wait_said("stage dump")
            print("safestop: the crash kernel is up and saves the dump", flush=True)
            vm.wait_ok()
        vmcore = vm.vmcore()
        log = vm.vmcore_log(vmcore)
        print("\nWhat happened, from the log in the dump:")
        timeline(log)
        release = next(line for line in vm.said() if line.startswith("release "))
        print(f"             crash kernel {release[8:]}: "
              f"dump of {vmcore.stat().st_size / 2**20:.1f} MiB, "
              f"registers of {len(cpus(vm.file('notes'), arch))} CPUs")
        print("             verdict: ok\n")
    except Failure as failure:
        sys.exit(f"safestop: {failure}")
    here = os.getcwd()
    print(f"Dump:    {os.path.relpath(vmcore, here)}")
    print(f"Kernel:  {os.path.relpath(kernel.vmlinux, here)}")
    print(f"Console: {os.path.relpath(vm.console_file, here)}")


if __name__ == "__main__":
    main()
