"""Crashes at random moments under load: is a dump lost, and at which level? MATRIX=all makes some 1400 of them."""

import collections
import random

import pytest

from conftest import ARCHES, LONG, no_control
from vm.machine import Failure
from vm.oracle import PANIC, STALE_CPUS

RUNS = 100
# what goes on, the levels, CPUs, and how often RUNS crashes of it are made
LOADS = {"kmsg": ("kmsg", [0, 2], 4, 2), "mixed": ("kmsg memory hvc size", range(5), 4, 5)}


@pytest.mark.parametrize("load, part", [
    pytest.param(load, part, marks=LONG) for load, (_, _, _, parts) in LOADS.items() for part in range(parts)])
@pytest.mark.parametrize("arch", ARCHES, indirect=True)
@no_control("test_reports.py has what the base does with the same loads")
def test_moments(kernel, start, record_property, load, part):
    loads, levels, smp, _ = LOADS[load]
    rng = random.Random(f"{load} {part}")
    made, lost = collections.Counter(), []
    for _ in range(RUNS):
        level, after = rng.choice(levels), rng.uniform(0, 1.5)
        vm = start(kernel, "report", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level} console=hvc0 "
                   f"{kernel.ramoops(True)}", smp=smp, wants=[], allows=[PANIC, STALE_CPUS],
                   extra=["-chardev", "file,id=hvc,path=hvc.log", "-device", "virtconsole,chardev=hvc"],
                   variables={"KDUMP": 1, "LOAD": loads, "CRASH": "sysrq", "AFTER": f"{after:.3f}", "CAPTURE": "ramoops.mem_size=0"})
        made[level] += 1
        try:
            with vm:
                vm.wait_ok()
            vm.require(vm.stages() == ["first", "dump"], f"it went through {vm.stages()}")
        except Failure as failure:
            lost.append((level, after, str(vm.directory.name), failure.what))
    record_property("note", "\n".join(
        f"{kernel.arch}, {load}, part {part}, level {level}: {sum(where == level for where, *_ in lost)} of {made[level]} dumps lost"
        for level in sorted(made)))
    vm.require(not lost, f"dumps lost (level, seconds, run, why): {lost}")
