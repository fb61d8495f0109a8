"""What filesystems do by themselves: no write of it comes between the freeze and the thaw."""

import pytest

from conftest import LONG, SLEEPS_TOO, control, no_control
from vm.machine import drive
from vm.sleep import frozen, wake_from_ram

KINDS = ["freezer", "devices", "image", "ram", "disk"]


@SLEEPS_TOO
@pytest.mark.parametrize("fs", ["ocfs2", *(pytest.param(fs, marks=LONG) for fs in ("gfs2", "jfs", "nilfs2"))])
def test_others(kernel, fs, run):
    """What is not frozen sleeps and wakes as before, though its threads and journal are touched."""
    run(kernel, "others", disks=2, one_queue=True, variables={"FS": fs})


def sleeps(kernel, fs, order, start, machine, **variables):
    extra = []
    for name, mib in ("swap", 1024), ("resume", 1):
        extra += drive(name, machine.disk(name, mib), ",cache=unsafe")
    vm = start(kernel, "threads", "loglevel=8", disks=2, one_queue=True, extra=extra, reboots=True, memory=768,
               timeout=200 + 60 * len(order), variables={"FS": fs, "KINDS": " ".join(order), **variables})
    with vm:
        for number, kind in enumerate(order, 1):
            vm.wait_said(f"sleep {number} {kind}")
            if kind == "ram":
                wake_from_ram(vm, order[:number].count(kind))
            vm.wait_said(f"awake {number}")
        vm.wait_ok()
    return vm


@pytest.mark.parametrize("fs", ["ext4", "f2fs", *(pytest.param(fs, marks=LONG) for fs in ("xfs", "btrfs"))])
@control(r"\d+ writes while all was frozen|^no sleep \d+, \w+: Device or resource busy")
def test_threads(kernel, fs, request, start, machine):
    # 200 sleeps, or three
    order = KINDS * 40 if request.config.getoption("matrix") == "all" else ["freezer", "image", "ram"]
    vm = sleeps(kernel, fs, order, start, machine)
    log = vm.text("log")
    vm.require(log.count("Freezing filesystems completed") == frozen(log).count(2), "not both have been frozen each time")


@LONG
@pytest.mark.parametrize("fs", ["ext4", "xfs", "btrfs", "f2fs"])
@no_control("the base freezes no filesystem, so one that is read-only cannot keep it awake")
def test_threads_of_a_disk_that_failed(kernel, fs, start, machine):
    """What an error has forced read-only writes nothing either, though the disk is well again."""
    vm = sleeps(kernel, fs, KINDS, start, machine, FAILS=1)
    log = vm.text("log")
    vm.require(log.count("Freezing filesystems completed") == len(frozen(log)) and min(frozen(log)) >= 1,
               "the other one has not been frozen each time")
