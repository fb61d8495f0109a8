"""Disks that fail, are slow, are gone, or keep what is written to them."""

import re

import pytest

from conftest import control
from vm.sleep import SLEPT, frozen, throttle

MIB = 1 << 20


@control(SLEPT)
@pytest.mark.parametrize("fs", ["ext4", "f2fs", "btrfs"])
def test_broken_disk(kernel, fs, run):
    vm = run(kernel, "broken", variables={"FS": fs})
    vm.require(re.search(rf"PM: \w+ {fs} \(dm-0\) failed: error -\d+", vm.text("log")), "the failure is not named")
    vm.require(vm.text("stats") == "1\n", "the failure is not counted")


@control(SLEPT)
def test_broken_and_slow_disk(kernel, start):
    vm = start(kernel, "broken_and_slow", bps=2 * MIB)
    with vm:
        vm.wait_said("awake")
        throttle(vm, 0)
        vm.wait_ok()
    vm.require("PM: Freezing filesystems failed after" in vm.text("log"), "it was not the freeze that failed")


@control("the disk is not named once")
def test_disk_that_is_gone(kernel, run):
    vm = run(kernel, "gone")
    log = vm.text("log")
    vm.require(len(re.findall(r"The disk of ext4 \(vd.\) is gone, it is not frozen", log)) == 1, "the disk is not named once")
    vm.require(frozen(log) == [1], "the other has not been frozen")


@control(SLEPT)
def test_thawed_after_a_failure(kernel, run):
    vm = run(kernel, "early_and_broken", timeout=200)
    log = vm.text("log")
    vm.require(frozen(log) == [], "frozen in spite of the failure")
    for what in ("Froze", "Thawed"):
        vm.require(len(re.findall(rf"{what} ext4 \(loop0\)", log)) == 3, f"not {what} at each suspend")


@control("the sync before the suspend waits for ever")
def test_sync_that_does_not_end(kernel, run):
    vm = run(kernel, "sync_stuck")
    log = vm.text("log")
    vm.require(len(re.findall(r"syncing minix \(dm-0\) is given up: no I/O for 10000 ms", log)) == 1,
               "it is not given up once")
    vm.require("Still syncing minix (dm-0), left alone" in log, "the second suspend waits for it again")
    vm.require(frozen(log) == [1, 1], "the other has not been frozen")
