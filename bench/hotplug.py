"""make bench T=hotplug: what it costs when memory goes offline and online, to keep the dump right.

In one run on the series, by the guest's clock: how long crash_memory_notify() takes, which edits the header, and a load of
the crash kernel, which that makes superfluous. Then how many dumps are lost if the machine crashes at a random moment while
memory goes and comes, on the base with a script that loads the crash kernel anew each time, and on the series.
"""

import random
import re
import statistics

from tests.conftest import hotplug_files, oot_module
from vm.hotplug import SLOTS, count, crash, dimm
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, Machine

EVENTS = 20
CRASHES = 20


def lost(flavor):
    """How many of the crashes have no dump, or one without the memory that was there all the time."""
    def machine(kernel, job, append, **options):
        return Machine(kernel, TOP / f"tests/hotplug/jobs/{job}.sh", BUILD / "bench/crash", append, **options)

    kernel, found = Kernel("x86_64", flavor), 0
    for i in range(CRASHES):
        try:
            vm = crash(machine, kernel, dimm, hotplug_files(kernel), job="churn", variables={
                "RACES": 0, "DELAY": random.randint(1, 4), "FORMAT": "-c"}, **SLOTS)
            whole = count(vm, "vmcore") in (256, 512)
        except Failure as failure:
            if not failure.machine.triggers():
                raise
            whole = False
        found += not whole
        print(f"{flavor}, crash {i + 1}: {'a dump' if whole else 'lost'}", flush=True)
    return found


def main():
    kernel = Kernel("x86_64", "series")
    vm = Machine(kernel, TOP / "bench/jobs/hotplug.sh", BUILD / "bench/hotplug",
                 f"crashkernel={kernel.crashkernel}M", variables={"EVENTS": EVENTS, "LOAD": "-s", "PRELOAD": ""},
                 files=[oot_module(kernel, "oot_hotplug")], timeout=300, **SLOTS)
    with vm:
        vm.wait_said("ask 1 comes")
        dimm(vm, "comes")
        vm.wait_ok()
    # two of each, before memory goes offline and after, or before it goes online and after
    events = [int(ns) / 1000 for ns in re.findall(r" event (\d+) ns", vm.text("times"))]
    loads = [float(s) for s in re.findall(r" load ([\d.]+)", vm.text("times"))]
    print(f"x86_64, {len(events)} events, {len(loads)} loads; median, least and most")
    print(f"event: {statistics.median(events):10.1f} {min(events):10.1f} {max(events):10.1f} us")
    print(f"load:  {statistics.median(loads):10.3f} {min(loads):10.3f} {max(loads):10.3f} s")
    for flavor in ("base", "series"):
        print(f"{flavor}: {lost(flavor)} of {CRASHES} dumps lost")


if __name__ == "__main__":
    main()
