"""make bench T=panic: what the series costs at each level, with no callbacks but the kernel's own, from panic() to kdump.

Counts the guest's instructions (QEMU -icount) from the entry of panic() to that of __crash_kexec()
and on to that of machine_kexec(), which jumps into the crash kernel and which the series does not
touch. The panic comes with interrupts off, on one CPU, without a console and a stack trace, so that
nothing but the path itself is counted. How many digits the numbers have that are printed into the
log varies a little from run to run; hence the least of several runs. Level 0 is compared with the base,
the others with the base with crash_kexec_post_notifiers. No level may need more than 2 % more.
"""

import subprocess
import sys

from tests.conftest import oot_module
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Machine

RUNS = 3
STOPS = ["panic", "__crash_kexec", "machine_kexec"]
GDB = {"x86_64": "i386:x86-64", "arm64": "aarch64"}


def instructions(kernel, parameters):
    """Instructions between the STOPS in one run."""
    vm = Machine(kernel, TOP / "bench/jobs/panic.sh", BUILD / "bench" / f"{kernel.name}-{parameters}", smp=1, console=False,
                 files=[oot_module(kernel)], wants=["Kernel panic - not syncing: with interrupts off"],
                 append=f"nokaslr crashkernel={kernel.crashkernel}M panic=-1 {parameters}", timeout=120,
                 extra=["-icount", "shift=0,sleep=off,rr=record,rrfile=replay", "-S",
                        "-gdb", "unix:gdb,server=on,wait=off"])
    script = ["set pagination off", "target remote gdb"]
    for stop in STOPS:
        script += ["delete", f"hbreak *{kernel.symbol(stop)[0]:#x}", "continue", "monitor info replay"]
    script += ["delete", "detach"]
    with vm:
        vm.wait_for("gdb socket", (vm.directory / "gdb").exists)
        gdb = subprocess.run(
            ["gdb-multiarch", "-batch", "-ex", f"set architecture {GDB[kernel.arch]}",
             *[word for line in script for word in ("-ex", line)]],
            cwd=vm.directory, capture_output=True, text=True, timeout=vm.timeout)
        counts = [int(line.split("=")[1]) for line in (gdb.stdout + gdb.stderr).splitlines()
                  if "instruction count =" in line]
        if len(counts) != len(STOPS):
            raise vm.failure(f"gdb saw {len(counts)} of {len(STOPS)} stops: {gdb.stderr}")
        vm.wait_ok()
    return [after - before for before, after in zip(counts, counts[1:])]


def least(kernel, parameters):
    best = min((instructions(kernel, parameters) for _ in range(RUNS)), key=sum)
    print(f"{kernel.name:16} {parameters:28} {best[0]:28} {best[1]:20} {sum(best):8}", flush=True)
    return sum(best)


def main():
    print(f"Instructions, no callbacks but the kernel's own, least of {RUNS} runs")
    print(f"{'':45} {'panic() to __crash_kexec()':>28} {'to machine_kexec()':>20} {'sum':>8}")
    slower = []
    for arch in GDB:
        first, last = (least(Kernel(arch, "base"), parameters) for parameters in ("", "crash_kexec_post_notifiers"))
        for level in range(5):
            ratio = least(Kernel(arch), f"panic_notifiers_level={level}") / (last if level else first)
            if ratio > 1.02:
                slower.append(f"{arch}, level {level}: {ratio:.3f} of the base")
    if slower:
        sys.exit("safestop: " + "; ".join(slower))


if __name__ == "__main__":
    main()
