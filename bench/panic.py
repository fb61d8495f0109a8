"""make bench T=panic: what the series costs at each level, without callbacks, from panic() to kdump.

Counts the guest's instructions (QEMU -icount) from the entry of panic() to that of __crash_kexec()
and on to that of machine_kexec(), which jumps into the crash kernel and which the series does not
touch; on arm64 only the first, as QEMU hangs as it records what follows. The panic comes with
interrupts off, on one CPU, without a console, and the lists of callbacks are emptied as it begins.
The stack trace that panic() prints is counted for
the base alone, and added to both: its length depends on the symbols of each kernel. How many digits
the numbers have that are printed into the log varies a little from run to run; hence the least of
several runs. Level 0 is compared with the base, the others with the base with
crash_kexec_post_notifiers. No level may need more than 2 % more. In brackets the same for a panic
that prints no stack trace, as one behind an oops does not.
"""

import subprocess
import sys

from tests.conftest import oot_module
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Machine

RUNS = 3
STOPS = {"x86_64": ["panic", "__crash_kexec", "machine_kexec"],
         "arm64": ["panic", "__crash_kexec"]}
LISTS = {"base": ["panic_notifier_list"],
         "series": [f"panic_{name}_list" for name in ("hypervisor", "info", "pre_reboot", "post_reboot")]}
# struct atomic_notifier_head without lock debugging: a spinlock, then the first entry
HEAD = 8
GDB = {"x86_64": "i386:x86-64", "arm64": "aarch64"}


def instructions(kernel, parameters, trace=False):
    """Instructions between the STOPS in one run."""
    vm = Machine(kernel, TOP / "bench/jobs/panic.sh", BUILD / "bench" / f"{kernel.name}-{parameters}", smp=1, console=False,
                 files=[oot_module(kernel)], allows=["Kernel panic - not syncing: with interrupts off"],
                 append=f"nokaslr crashkernel={kernel.crashkernel}M panic=-1 {parameters}", timeout=120,
                 variables={"TRACE": "yes" if trace else ""},
                 extra=["-icount", "shift=0,sleep=off,rr=record,rrfile=replay", "-S",
                        "-gdb", "unix:gdb,server=on,wait=off"])
    # what an earlier run has left refuses the connection
    (vm.directory / "gdb").unlink(missing_ok=True)
    script = ["set pagination off", "target remote gdb"]
    stops = STOPS[kernel.arch]
    for stop in stops:
        script += ["delete", f"hbreak *{kernel.symbol(stop):#x}", "continue", "monitor info replay"]
        if stop == stops[0]:
            script += [f"set {{long}}{kernel.symbol(name) + HEAD:#x} = 0" for name in LISTS[kernel.flavor]]
    dumps = stops[-1] == "machine_kexec"
    script += ["delete", "detach"] if dumps else ["kill"]
    with vm:
        vm.wait_for("gdb socket", (vm.directory / "gdb").exists)
        gdb = subprocess.run(
            ["gdb-multiarch", "-batch", "-ex", f"set architecture {GDB[kernel.arch]}",
             *[word for line in script for word in ("-ex", line)]],
            cwd=vm.directory, capture_output=True, text=True, timeout=vm.timeout)
        counts = [int(line.split("=")[1]) for line in (gdb.stdout + gdb.stderr).splitlines()
                  if "instruction count =" in line]
        if len(counts) != len(stops) or "Cannot access" in gdb.stderr:
            raise vm.failure(f"gdb saw {len(counts)} of {len(stops)} stops: {gdb.stderr}")
        if dumps:
            vm.wait_ok()
    return [after - before for before, after in zip(counts, counts[1:])]


def least(kernel, parameters):
    return min((instructions(kernel, parameters) for _ in range(RUNS)), key=sum)


def main():
    print(f"Instructions, without callbacks or stack trace, least of {RUNS} runs; the trace of the base; how much more the")
    print("series needs, of the whole panic and (without the trace)")
    slower = []
    for arch, stops in STOPS.items():
        print(f"{'':45}" + "".join(f"{'to ' + stop:>18}" for stop in stops[1:]) + f"{'sum':>8}{'trace':>8}{'more':>6}")
        base, series = Kernel(arch, "base"), Kernel(arch)
        for parameters, levels in ("", [0]), ("crash_kexec_post_notifiers", [1, 2, 3, 4]):
            counts = least(base, parameters)
            needs = sum(counts)
            whole = sum(instructions(base, parameters, trace=True))
            print(f"{base.name:16} {parameters:28}" + "".join(f"{n:18}" for n in counts) + f"{needs:8}{whole - needs:8}", flush=True)
            for level in levels:
                count = least(series, f"panic_notifiers_level={level}")
                more = sum(count) - needs
                print(f"{series.name:16} {f'panic_notifiers_level={level}':28}" + "".join(f"{n:18}" for n in count) +
                      f"{sum(count):8}{'':8}{more:6}{more / whole:8.2%} ({more / needs:.1%})", flush=True)
                if more / whole > 0.02:
                    slower.append(f"{arch}, level {level}: {more / whole:.1%} more than the base")
    if slower:
        sys.exit("safestop: " + "; ".join(slower))


if __name__ == "__main__":
    main()
