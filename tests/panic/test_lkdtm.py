"""LKDTM's triggers that kill a machine: the series captures a dump at each level wherever the base does at level 0."""

import pytest

from conftest import ARCHES, SLEEPS_TOO
from vm.oracle import OOPS

# Those that kill this kernel on this CPU. HARDLOCKUP and SPINLOCKUP need a perf event, the _USERSPACE ones SMAP or SMEP, others
# an option such as FORTIFY_SOURCE.
TRIGGERS = ["PANIC", "BUG", "EXCEPTION", "LOOP", "EXHAUST_STACK", "CORRUPT_STACK", "SOFTLOCKUP", "HUNG_TASK",
            "STACK_GUARD_PAGE_LEADING", "STACK_GUARD_PAGE_TRAILING", "WRITE_RO", "WRITE_RO_AFTER_INIT", "WRITE_KERN",
            "EXEC_DATA", "EXEC_STACK", "EXEC_KMALLOC", "EXEC_VMALLOC", "EXEC_RODATA", "EXEC_NULL", "ACCESS_NULL"]
PART = [("x86_64", "EXHAUST_STACK", 0), ("arm64", "BUG", 4), ("x86_64", "EXEC_NULL", 2), ("arm64", "STACK_GUARD_PAGE_TRAILING", 2)]


CASES = [(arch, trigger, level) for arch in ARCHES for trigger in TRIGGERS for level in (0, 2, 4)]


def pytest_generate_tests(metafunc):
    chosen = CASES if metafunc.config.getoption("matrix") == "all" else PART
    metafunc.parametrize("case", chosen, ids=lambda case: "-".join(map(str, case)))


@pytest.fixture
def arch(case):
    return case[0]


@SLEEPS_TOO.with_args(case=[case for case in CASES if case[-1] == 0])
def test_trigger(kernel, start, case):
    _, trigger, level = case
    crash = {"HUNG_TASK": "hung_task", "SOFTLOCKUP": "softlockup", "LOOP": "softlockup"}.get(trigger, "lkdtm")
    vm = start(kernel, "report", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level} {kernel.ramoops(True)}",
               files=[module for module in kernel.modules() if module.stem == "lkdtm"], wants=[],
               allows=["Kernel panic - not syncing", OOPS, "BUG: ", "kernel BUG at", "double fault", "[Cc]orrupt", "stack", "soft lockup",
                       "Unable to handle kernel ", "Internal error: ", "general protection fault", "blocked for more than"],
               variables={"KDUMP": 1, "LOAD": "nothing", "CRASH": crash, "HOW": trigger, "CAPTURE": "ramoops.mem_size=0"})
    with vm:
        vm.wait_ok()
    vm.require(vm.stages() == ["first", "dump"], f"it went through {vm.stages()}")
