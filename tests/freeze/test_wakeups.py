"""A wakeup event ends what would take a minute more. How soon is measured by make bench T=wakeup."""

import re

import pytest

from conftest import control, oot_module
from vm.sleep import frozen, throttle, wake_up

# What the kernel does then; no freeze begins in the midst of a write.
DOES = {"disk": {"syncing"}, "layers": {"syncing"}, "sync": {"syncing"}, "freeze": set()}


def under_way(trace):
    """What the trace of filesystem_sleep shows to have begun and not ended."""
    begun = set()
    for what, step in re.findall(r"filesystem_sleep: (.*) (begin|end)", trace):
        (begun.add if step == "begin" else begun.discard)(what)
    return begun


@pytest.mark.parametrize("phase", ["disk", "layers", "sync", "freeze"])
@control("it has waited for the disk", phase=["disk"])
def test_wakeup(kernel, phase, start):
    # or QEMU makes one write of many, and the host sees nothing of it until all of it is done
    merging = ["-global", "virtio-blk-pci.request-merging=off"]
    vm = start(kernel, "wakeup", variables={"PHASE": phase}, files=[oot_module(kernel, "oot_writer")], timeout=240,
               extra=merging)
    with vm:
        wake_up(vm, phase)
        vm.wait_said("awake")
        throttle(vm, 0)
        vm.wait_ok()
    begun = under_way(vm.text("until_wakeup"))
    vm.require({what.split()[0] for what in begun} == DOES[phase], f"the wakeup came when there was under way: {begun}")
    vm.require(("loop" in vm.text("until_wakeup")) == (phase == "layers"), "the layers are not those of the phase")
    log = vm.text("log")
    vm.require(frozen(log) == [], "filesystems have been frozen")
    aborted = "Freezing" if phase == "freeze" else "Syncing"
    vm.require(f"{aborted} filesystems aborted by a wakeup event" in log, f"the {phase} has not been aborted")
