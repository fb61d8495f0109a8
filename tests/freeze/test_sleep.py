"""To sleep in earnest, in all ways, and back. Four filesystems are written to as the sleep begins."""

import re

import pytest

from conftest import LONG, control, program
from vm.machine import drive
from vm.sleep import frozen, require_no_write, require_none, slow_down, throttle, wait_event, wait_frozen, written

MIB = 1 << 20
WRITES = r"\d+ writes while all was frozen"

both = pytest.mark.parametrize("arch", ["x86_64", pytest.param("arm64", marks=LONG)])


@pytest.fixture
def sleeper(start, machine):
    """Makes the machine for a job, with disks for an image and more."""
    def make(kernel, job, way="", **options):
        extra = []
        for name, mib in (("swap", 1024), ("small", 1), ("resume", 1)):
            extra += drive(name, machine.disk(name, mib), ",cache=unsafe")
        if kernel.flavor == "base":
            # with a queue for each CPU, the base hangs: a write that waits for a disk that sleeps keeps its CPU online
            extra += ["-global", "virtio-blk-pci.num-queues=1"]
        # the console tells when it idles
        options.setdefault("timeout", 300)
        return start(kernel, job, "loglevel=8", variables={"WAY": way, "UNCOUNTED": "small"}, extra=extra, **options)
    return make


def sleep(vm, asleep=None, wake=None, until=None):
    """Runs a machine to its end; wakes it by a command when it is asleep. What each of its sleeps has frozen."""
    with vm:
        # arm64 has no control, and nothing to see if its disks are slow
        slow_down(vm, bps=4 * MIB if vm.kernel.arch == "x86_64" else 8 * MIB)
        wait_frozen(vm)
        before = written(vm)
        if wake:
            asleep(vm)
            require_none(vm, written(vm) - before)
            vm.command_qmp(wake)
        require_no_write(vm, before, until)
        throttle(vm, 0)
        vm.wait_ok()
    return frozen(vm.text("log"))


def in_s3(vm):
    wait_event(vm, "SUSPEND")


def in_idle(vm):
    vm.wait_console("PM: suspend-to-idle")


@control(WRITES)
def test_suspend_to_ram(kernel, sleeper):
    vm = sleeper(kernel, "sleep", "deep")
    vm.require(sleep(vm, in_s3, "system_wakeup") == [4], "not all have been frozen")
    vm.require("ACPI: PM: Preparing to enter system sleep state S3" in vm.text("log"), "it was no S3")


@control(WRITES, arch=["x86_64"])
@both
def test_suspend_to_idle(kernel, sleeper):
    if kernel.arch == "x86_64":
        vm = sleeper(kernel, "sleep", "s2idle")
        counts = sleep(vm, in_idle, "system_powerdown")
    else:
        # only its clock wakes it
        vm = sleeper(kernel, "sleep", "alarm")
        counts = sleep(vm)
    vm.require(counts == [4], "not all have been frozen")
    vm.require("PM: suspend-to-idle" in vm.text("log"), "it was no suspend to idle")


# a write of the base that is under way as the disks are reset may never end
@control(WRITES + r"|no verdict")
def test_kexec_jump(kernel, sleeper):
    vm = sleeper(kernel, "sleep", "jump", files=[program("jump", kernel)], timeout=150)
    # kernel threads are not frozen, so nothing is said before the thaw
    vm.require(sleep(vm, until="Enabling non-boot CPUs") == [4], "not all have been frozen")


@control("the one that is mounted is not named")
def test_restore_beside_a_mount(kernel, sleeper):
    vm = sleeper(kernel, "restore", reboots=True)
    with vm:
        vm.wait_ok()
    for how in "read-write", "read-only":
        vm.require(re.search(rf"PM: ext4 \(vd.\) is mounted {how} while an image is restored", vm.console()),
                   "the one that is mounted is not named")


@control(WRITES, arch=["x86_64"])
@both
def test_hibernation(kernel, sleeper):
    vm = sleeper(kernel, "hibernate", "partition", reboots=True)
    vm.require(sleep(vm) == [4], "not all have been frozen")
    vm.require(vm.stages() == ["first", "resume"], f"the stages were {vm.stages()}")


@LONG
@control(WRITES)
def test_hibernation_to_file(kernel, sleeper):
    vm = sleeper(kernel, "hibernate", "file", reboots=True)
    vm.require(sleep(vm) == [5], "not all have been frozen")
    vm.require(vm.stages() == ["first", "resume"], f"the stages were {vm.stages()}")


@control(WRITES)
def test_dev_snapshot(kernel, sleeper):
    vm = sleeper(kernel, "snapshot", files=[program("snapshot", kernel)], reboots=True)
    vm.require(sleep(vm) == [4], "not all have been frozen")
    vm.require(vm.stages() == ["first", "resume"], f"the stages were {vm.stages()}")


@LONG
@control(WRITES)
def test_hybrid_sleep(kernel, sleeper):
    """An image is written, and then the machine sleeps in RAM and wakes from there."""
    vm = sleeper(kernel, "hibernate", "hybrid")
    vm.require(sleep(vm, in_s3, "system_wakeup") == [4], "not all have been frozen")
    vm.require("PM: hibernation: Creating image" in vm.text("log"), "there was no image")
    vm.require(vm.stages() == ["first"], f"the stages were {vm.stages()}")


@control(WRITES)
def test_ways_back(kernel, sleeper):
    vm = sleeper(kernel, "ways_back")
    vm.require(sleep(vm) == [4] * 7, "not all have been frozen each time")
    vm.require(vm.stages() == ["first"], f"the stages were {vm.stages()}")
