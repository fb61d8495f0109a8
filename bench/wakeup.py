"""make bench T=wakeup: how long it takes from a wakeup event until a task runs again, in the midst of going to sleep.

By the guest's clock, while its disks have still to write for a minute. What a base does is measured in the sync only, as
it has nothing else to wait for; there it waits for the disk.
"""

import re

from bench.freeze import machine
from tests.conftest import oot_module
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure
from vm.sleep import throttle, wake_up

RUNS = 3


def seconds(kernel, phase):
    vm = machine(kernel, TOP / "tests/freeze/jobs/wakeup.sh", BUILD / f"bench/wakeup-{kernel.name}", 4,
                 files=[oot_module(kernel, "oot_writer")], variables={"PHASE": phase, "SLOW": 1, "HUNG_TASK": 300})
    with vm:
        wake_up(vm, phase)
        vm.wait_for("wakeup", lambda: vm.has_file("wakeup"))
        throttle(vm, 0)
        try:
            vm.wait_ok()
        except Failure as failure:
            # measured all the same
            if failure.what != "it has waited for the disk":
                raise
    woken, awake = re.findall(r" ([\d.]+): (?:wakeup_source_activate|tracing_mark_write)", vm.text("wakeup"))
    return float(awake) - float(woken)


def main():
    print(f"Seconds from a wakeup event to a running task, x86_64, least and most of {RUNS} runs")
    for flavor, phases in (("base", ["disk"]), ("series", ["disk", "layers", "sync", "freeze"])):
        for phase in phases:
            runs = [seconds(Kernel("x86_64", flavor), phase) for _ in range(RUNS)]
            print(f"{flavor:8}{phase:8}{min(runs):>10.3f}{max(runs):>10.3f}", flush=True)


if __name__ == "__main__":
    main()
