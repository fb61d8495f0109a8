"""Who writes, mounts, discards or swaps as the system goes to sleep."""

import re

import pytest

from conftest import LONG, control, no_control, oot_module, program
from vm.sleep import SLEPT, frozen, slow_down, throttle

DISKS = ["d0"]


@pytest.fixture
def run_slow(start):
    """Runs a machine to its end; its disk d0 is slow until it is awake."""
    def make(kernel, job, append="", **options):
        vm = start(kernel, job, append, timeout=300, **options)
        with vm:
            slow_down(vm, disks=DISKS)
            vm.wait_said("awake")
            throttle(vm, 0, DISKS)
            vm.wait_ok()
        return vm
    return make


@control("^no suspend: Device or resource busy")
def test_writers_with_locks(kernel, run):
    vm = run(kernel, "locks", files=[program("writers", kernel)], timeout=300)
    vm.require(frozen(vm.text("log")) == [2] * 20, "not both have been frozen each time")


@no_control("it is one itself: the series, too, fails to freeze these tasks if a filesystem is frozen before them")
def test_writers_with_locks_frozen_first(kernel, run):
    vm = run(kernel, "locks", variables={"FROZEN_FIRST": 1}, files=[program("writers", kernel)])
    vm.require("tasks refusing to freeze" in vm.text("log"), "it was not the tasks that refused")


@control(SLEPT)
def test_writer_that_does_not_end(kernel, run):
    vm = run(kernel, "writer", files=[oot_module(kernel, "oot_writer")])
    log = vm.text("log")
    vm.require(len(re.findall(r"freezing ext4 \(vd.\) is given up: it is in the midst of a write", log)) == 2,
               "the writer is not named each time")
    vm.require(frozen(log) == [1, 2], "not both have been frozen after its end")


# the thread of ext4 waits for the loop device, whose worker the base may have frozen
@control(f"{SLEPT}|^no suspend: Device or resource busy")
def test_writer_above_another_filesystem(kernel, run):
    """What a filesystem stands on that is left may be written to, and is left, too."""
    vm = run(kernel, "writer", variables={"ABOVE": 1}, files=[oot_module(kernel, "oot_writer")])
    log = vm.text("log")
    vm.require(re.search(r"xfs \(vd.\) is not frozen, as what stands on it is not", log), "what is below has been frozen")
    vm.require(frozen(log) == [1, 3], "not all have been frozen after its end")


@control(r"\d+ writes while all was frozen")
def test_mounts_in_progress(kernel, run_slow):
    counts = frozen(run_slow(kernel, "mounts").text("log"))
    assert len(counts) == 20 and min(counts) >= 1 and max(counts) > 1


@LONG
# the threads of ext4 wait for loop devices, whose workers the base has frozen
@control(r"^no suspend: Device or resource busy|\d+ writes while all was frozen")
def test_many(kernel, run_slow):
    vm = run_slow(kernel, "many", "loop.max_loop=64", disks=1, memory=1024)
    vm.require(frozen(vm.text("log")) == [64], "not all have been frozen")


@LONG
@control("nothing is discarded as the system goes to sleep")
def test_discard(kernel, run_slow):
    vm = run_slow(kernel, "discard")
    vm.require(frozen(vm.text("log")) == [2] * 5, "not both have been frozen each time")


@control("it has been discarded")
def test_discard_from_what_is_frozen(kernel, run):
    # the ext4 of the base does, when it is written to while it is frozen
    run(kernel, "discard_frozen", allows=["WARNING: .* ext4_"] if kernel.flavor == "base" else [])


@control(SLEPT)
def test_swap_on_a_frozen_filesystem(kernel, run):
    vm = run(kernel, "swap")
    log = vm.text("log")
    vm.require(re.search(r"ext4 \(vd.\) cannot be frozen: swap stands on it", log), "the filesystem is not named")
    vm.require(frozen(log) == [2, 2], "not both have been frozen in suspend, and without it")
