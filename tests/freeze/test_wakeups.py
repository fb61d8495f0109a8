"""A wakeup event ends what would take a minute more. How soon is measured by make bench T=wakeup."""

import pytest

from conftest import control, oot_module
from vm.sleep import frozen, throttle, wake_up


@pytest.mark.parametrize("phase", ["sync", "layers", "flush", "freeze"])
@control("it has waited for the disk", phase=["sync"])
def test_wakeup(kernel, phase, start):
    vm = start(kernel, "wakeup", variables={"PHASE": phase}, files=[oot_module(kernel, "oot_writer")], timeout=240)
    with vm:
        wake_up(vm, phase)
        vm.wait_said("awake")
        throttle(vm, 0)
        vm.wait_ok()
    log = vm.text("log")
    vm.require(frozen(log) == [], "filesystems have been frozen")
    aborted = "Syncing" if phase == "sync" else "Freezing"
    vm.require(f"{aborted} filesystems aborted by a wakeup event" in log, f"the {phase} has not been aborted")
