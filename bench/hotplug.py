"""make bench T=hotplug: what it costs when memory goes offline and online, to keep the dump right.

In one run on the series, by the guest's clock: how long crash_memory_notify() takes, which edits the header, and a load of
the crash kernel, which that makes superfluous.
"""

import re
import statistics

from tests.conftest import oot_module
from vm.hotplug import SLOTS, dimm
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Machine

EVENTS = 20


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


if __name__ == "__main__":
    main()
