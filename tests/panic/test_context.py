"""Panics from every context: process, interrupt, NMI, and all CPUs at once."""

import pytest

from conftest import LONG, no_control
from vm.oracle import STALE_CPUS, lists_before_kdump, require_cpus, require_order

ON_BASE = "the base takes such a dump, too; its order is compared by test_order.py, its registers by test_registers.py"


def judge(vm, level, smp=2):
    require_order(vm, vm.text("dmesg"), ["panic", *lists_before_kdump(level, dumper=False)])
    require_cpus(vm, smp)
    panics = vm.text("dmesg").count("Kernel panic - not syncing")
    vm.require(panics == 1, f"the log has {panics} panics")


@pytest.mark.parametrize("context, level", [
    pytest.param(context, level, marks=[] if level == 2 or (context == "hardirq" and level != 1) else LONG)
    for context in ("process", "softirq", "hardirq") for level in (0, 1, 2, 4)])
@no_control(ON_BASE)
def test_panic(kernel, start, context, level):
    vm = start(kernel, "context", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}",
               variables={"CRASH": context}, wants=[f"Kernel panic - not syncing: crash in {context} context"])
    with vm:
        vm.wait_ok()
    judge(vm, level)


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("level", [0, pytest.param(1, marks=LONG), 2, 4])
@no_control(ON_BASE)
def test_panic_in_nmi(kernel, start, level):
    vm = start(kernel, "nmi", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level} "
               "unknown_nmi_panic", wants=["Kernel panic - not syncing: NMI: Not continuing"])
    with vm:
        vm.wait_said("trigger NMI")
        vm.command_qmp("inject-nmi")
        vm.wait_ok()
    judge(vm, level)


@pytest.mark.parametrize("level", [0, 2, pytest.param(4, marks=LONG)])
@no_control("the base has not this module; test_registers_of_cpus_that_panic_at_once compares with one that it has")
def test_four_cpus_at_once(kernel, start, level):
    vm = start(kernel, "context", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}", smp=4,
               variables={"CRASH": "all"}, wants=["Kernel panic - not syncing: crash in all context"],
               allows=[STALE_CPUS])
    with vm:
        vm.wait_ok()
    judge(vm, level, smp=4)
