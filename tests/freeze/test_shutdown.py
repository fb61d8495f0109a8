"""Filesystems to which nothing can be written any more: they keep no machine awake."""

import re

import pytest

from conftest import LONG, SLEEPS_TOO, no_control, program
from vm.sleep import frozen, wait_event

NO_CONTROL = "the base freezes no filesystem, so a dead one cannot keep it awake"


def sleeps(kernel, run, fs, cause, **variables):
    vm = run(kernel, "shutdown", variables={"FS": fs, "CAUSE": cause, **variables}, files=[program("shutdown", kernel)],
             timeout=200)
    log = vm.text("log")
    vm.require(len(frozen(log)) == 3, "there were no three sleeps")
    vm.require(min(frozen(log)) >= 1, "the other one has not been frozen each time")
    # one that has not met its end yet may be frozen, as long as it has nothing to write
    named = len(re.findall(rf"PM: .*\b{fs} \(\w[\w-]*\).*(not frozen|is dead)", log))
    vm.require(named >= 3 or cause == "pull" and named + frozen(log).count(2) >= 3, "the dead one is not named each time")


@no_control(NO_CONTROL)
@pytest.mark.parametrize("fs", ["ext4", "xfs", "f2fs"])
def test_shut_down(kernel, fs, run):
    sleeps(kernel, run, fs, "shutdown")


@no_control(NO_CONTROL)
def test_error(kernel, run):
    sleeps(kernel, run, "ext4", "error", OPTIONS="-o errors=remount-ro,noinit_itable")


@no_control(NO_CONTROL)
@pytest.mark.parametrize("fs", ["ext4", "btrfs", pytest.param("xfs", marks=LONG), pytest.param("f2fs", marks=LONG)])
def test_failed_disk(kernel, fs, run):
    sleeps(kernel, run, fs, "disk", ON="dm", OPTIONS="-o errors=remount-ro" if fs == "ext4" else "")


@no_control(NO_CONTROL)
@pytest.mark.parametrize("fs, on, met", [
    ("ext4", "dm", ""), ("xfs", "dm", ""), ("btrfs", "", "yes"),
    *(pytest.param(*case, marks=LONG) for case in (("ext4", "md", ""), ("btrfs", "", ""), ("btrfs", "dm", ""),
                                                   ("f2fs", "dm", "")))])
def test_pulled_disk(kernel, fs, on, met, run):
    sleeps(kernel, run, fs, "pull", ON=on, MET=met)


@no_control(NO_CONTROL)
def test_pulled_disk_below_a_loop(kernel, run):
    """The lower filesystem, that of the file, is as dead as the upper one."""
    sleeps(kernel, run, "ext4", "pull", ON="loop")


@SLEEPS_TOO
@pytest.mark.parametrize("fs", ["ext4", *(pytest.param(fs, marks=LONG) for fs in ("xfs", "btrfs", "f2fs"))])
def test_disk_pulled_during_the_sleep(kernel, fs, start, machine):
    vm = start(kernel, "pulled", variables={"FS": fs}, disks=1, one_queue=True, timeout=200, extra=[
        "-drive", f"if=none,id=pulled,format=raw,file={machine.disk('pulled', 512)}", "-device", "virtio-scsi-pci",
        "-device", "scsi-hd,drive=pulled,id=pulled"])
    with vm:
        wait_event(vm, "SUSPEND")
        vm.command_qmp("device_del", id="pulled")
        vm.command_qmp("system_wakeup")
        vm.wait_ok()
