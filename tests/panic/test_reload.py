"""A panic while the crash kernel is being loaded anew."""

import pytest

from conftest import LONG, SLEEPS_TOO
from vm.oracle import PANIC


@pytest.mark.parametrize("run", [0, *(pytest.param(run, marks=LONG) for run in range(1, 20))])
@SLEEPS_TOO
def test_kdump_is_reloaded(kernel, start, run):
    """The old crash kernel is gone, the new one not yet there: without a dump there is a record, and a restart."""
    vm = start(kernel, "report", f"crashkernel={kernel.crashkernel}M panic=-1 {kernel.ramoops(True)}", reboots=True, wants=[PANIC],
               variables={"KDUMP": 1, "LOAD": "reload", "CRASH": "sysrq", "AFTER": 1 + run / 10, "CAPTURE": "ramoops.mem_size=0"})
    with vm:
        verdict = vm.wait_verdict()
    dumped = vm.stages() == ["first", "dump"]
    vm.require(dumped or vm.stages() == ["first", "again"], f"it went through {vm.stages()}")
    vm.require(verdict == ("ok" if dumped else "it has restarted without a dump"), verdict)
    vm.require(PANIC in vm.text("dmesg" if dumped else "dmesg-ramoops-0"), "there is no record of the panic")
