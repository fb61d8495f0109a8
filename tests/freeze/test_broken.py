"""Disks that fail, are slow, are gone, or keep what is written to them."""

import re

import pytest

from conftest import LONG, SLEEPS_TOO, control, oot_module
from vm.machine import drive
from vm.sleep import SLEPT, frozen


@SLEEPS_TOO
@pytest.mark.parametrize("fs", ["ext4", "f2fs", "btrfs"])
def test_broken_disk(kernel, fs, run):
    vm = run(kernel, "broken", variables={"FS": fs})
    if kernel.flavor == "series":
        log = vm.text("log")
        vm.require(re.search(rf"PM: (syncing )?{fs} \(dm-0\) (failed: error -\d+|is dead)", log), "it is not named")
        vm.require(frozen(log) in ([1], [2]), "the other has not been frozen")


@control("the disk is not named once")
def test_disk_that_is_gone(kernel, run):
    vm = run(kernel, "gone")
    log = vm.text("log")
    vm.require(len(re.findall(r"ext4 \(vd.\) is dead, it is not frozen", log)) == 1, "the disk is not named once")
    vm.require(frozen(log) == [1], "the other has not been frozen")


@control(SLEPT)
def test_thawed_after_a_failure(kernel, run):
    vm = run(kernel, "early_and_broken", files=[oot_module(kernel, "oot_writer")], timeout=200)
    log = vm.text("log")
    vm.require(frozen(log) == [], "frozen in spite of the failure")
    # that it is thawed, its writer shows
    vm.require(log.count("user-served filesystems completed (1 frozen") == 3, "not frozen at each sleep")


@control("the sync before the suspend waits for ever")
def test_sync_that_does_not_end(kernel, run):
    vm = run(kernel, "sync_stuck")
    log = vm.text("log")
    vm.require(len(re.findall(r"minix \(dm-0\) takes no I/O, it is not synced", log)) == 2, "it is not named each time")
    vm.require(frozen(log) == [1, 1], "the other has not been frozen")


@SLEEPS_TOO
@pytest.mark.parametrize("case, mib", [pytest.param("for a while", 8, marks=LONG), ("all the time", 4)])
def test_sync_without_workers(kernel, case, mib, run, machine):
    """What is slow to write holds nothing else, though only the rescuer of the workqueue can begin with it."""
    slow = drive("slow", machine.disk("slow", 1024), f",cache=unsafe,throttling.bps-write={4 << 20}")
    vm = run(kernel, "no_workers", variables={"CASE": case, "MIB": mib}, extra=slow, timeout=200)
    if kernel.flavor == "series":
        vm.require(frozen(vm.text("log")) == [2], "the others have not been frozen")
        waits = [line for line in vm.said() if line.startswith("waits ")]
        vm.require(waits not in ([], ["waits rescuer_thread"]), f"the rescuer has not been called: {waits}")
