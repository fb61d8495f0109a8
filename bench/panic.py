"""make bench: what the series costs at level 0, with no callbacks, from panic() to kdump.

Counts the guest's instructions (QEMU -icount) from the entry of panic() to that of __crash_kexec()
and on to that of machine_kexec(), which jumps into the crash kernel and which the series does not
touch. The panic comes with interrupts off, on one CPU, without a console and a stack trace, so that
nothing but the path itself is counted. How many digits the numbers have that are printed into the
log varies a little from run to run; hence the least of several runs.
"""

import subprocess
import sys

from tests.conftest import oot_module
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Machine

RUNS = 3
STOPS = ["panic", "__crash_kexec", "machine_kexec"]


def instructions(kernel):
    """Instructions between the STOPS in one run."""
    vm = Machine(kernel, TOP / "bench/jobs/panic.sh", BUILD / "bench" / kernel.name, smp=1, console=False,
                 files=[oot_module(kernel)], wants=["Kernel panic - not syncing: with interrupts off"],
                 append=f"nokaslr crashkernel={kernel.crashkernel}M panic=-1 "
                 "panic_notifiers_level=0", timeout=120,
                 extra=["-icount", "shift=0,sleep=off,rr=record,rrfile=replay", "-S",
                        "-gdb", "unix:gdb,server=on,wait=off"])
    script = ["set pagination off", "target remote gdb"]
    for stop in STOPS:
        script += ["delete", f"hbreak *{kernel.symbol(stop)[0]:#x}", "continue", "monitor info replay"]
    script += ["delete", "detach"]
    with vm:
        vm.wait_for("gdb socket", (vm.directory / "gdb").exists)
        gdb = subprocess.run(
            ["gdb-multiarch", "-batch", "-ex", "set architecture i386:x86-64",
             *[word for line in script for word in ("-ex", line)]],
            cwd=vm.directory, capture_output=True, text=True, timeout=vm.timeout)
        counts = [int(line.split("=")[1]) for line in (gdb.stdout + gdb.stderr).splitlines()
                  if "instruction count =" in line]
        if len(counts) != len(STOPS):
            raise vm.failure(f"gdb saw {len(counts)} of {len(STOPS)} stops: {gdb.stderr}")
        vm.wait_ok()
    return [after - before for before, after in zip(counts, counts[1:])]


def main():
    print(f"Instructions at level 0, no callbacks, x86_64, least of {RUNS} runs")
    print(f"{'':8} {'panic() to __crash_kexec()':>28} {'to machine_kexec()':>20} {'sum':>8}")
    sums = []
    for flavor in "base", "series":
        best = min((instructions(Kernel("x86_64", flavor)) for _ in range(RUNS)), key=sum)
        print(f"{flavor:8} {best[0]:28} {best[1]:20} {sum(best):8}", flush=True)
        sums.append(sum(best))
    if sums[1] > sums[0]:
        sys.exit("safestop: the series needs more instructions than the base")


if __name__ == "__main__":
    main()
