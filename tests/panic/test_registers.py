"""The registers that a dump shows: those of the oops that led to the panic, and of every CPU."""

import re

import pytest

from conftest import LONG, control, no_control
from vm.notes import cpus
from vm.oracle import OOPS, STALE_CPUS, lists_before_kdump, require_cpus, require_order

OOPSES = {
    "process": {"CRASH": "process", "ON_OOPS": 1},
    "softirq": {"CRASH": "softirq"},
    "hardirq": {"CRASH": "hardirq"},
    "init": {"CRASH": "process", "INIT": 1},
}


def require_fault(vm, function):
    """One CPU of the dump has to be in the function that has faulted."""
    address = int(re.search(rf"{function} is at (\w+)", vm.text("dmesg"))[1], 16)
    found = [pc for _, pc in cpus(vm.file("notes"), vm.kernel.arch) if 0 <= pc - address < 64]
    vm.require(len(found) == 1, f"{len(found)} CPUs of the dump are in {function}()")


@pytest.mark.parametrize("why, append, variables", [
    ("Fatal", "crash_kexec_post_notifiers", {}), ("Oopsed too often", "", {"ON_OOPS": 0, "OOPS_LIMIT": 1})],
    ids=["panic_on_oops", "oops_limit"])
@control("0 CPUs of the dump are in oot_panic_fault")
def test_registers_of_the_fault(kernel, start, why, append, variables):
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 {append}",
               variables={"KDUMP": 1, "CRASH": "oops", **variables}, wants=[OOPS],
               allows=[f"Kernel panic - not syncing: .*{why}"])
    with vm:
        vm.wait_ok()
    vm.require(why in vm.text("dmesg"), "it was another panic")
    require_fault(vm, "oot_panic_fault")


@no_control("the base takes the dump first, too")
def test_the_taint_of_an_oops_comes_after_kdump(kernel, start):
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level=0 panic_on_taint=0x80",
               variables={"KDUMP": 1, "CRASH": "oops"}, wants=[OOPS])
    with vm:
        vm.wait_ok()
    require_fault(vm, "oot_panic_fault")


@pytest.mark.parametrize("context, level", [
    pytest.param(context, level, marks=[] if level == 2 or (context == "process" and level % 2 == 0) else LONG)
    for context in OOPSES for level in range(5)])
@no_control("the base has not this module; test_registers_of_the_fault compares with one that it has")
def test_oops_shows_the_fault(kernel, start, context, level):
    # at level 0 the oops goes to kdump without a word from panic()
    vm = start(kernel, "context", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}",
               variables={"OOPS": 1, **OOPSES[context]},
               wants=[OOPS, *(["Kernel panic - not syncing: "] if level else [])])
    with vm:
        vm.wait_ok()
    require_order(vm, vm.text("dmesg"), ["panic", *lists_before_kdump(level, dumper=False)] if level else [])
    require_fault(vm, "test_panic_fault")
    require_cpus(vm, 2)


@control("the dump has the registers of [0-3] CPUs of 4", arch=["arm64"])
def test_registers_of_cpus_that_panic_at_once(kernel, start):
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 crash_kexec_post_notifiers", smp=4,
               variables={"KDUMP": 1, "CRASH": "all"}, wants=["Kernel panic - not syncing: on every CPU"],
               allows=[STALE_CPUS])
    with vm:
        vm.wait_ok()
    require_cpus(vm, 4)
