"""What a sleep waits for, and what it does not: slow disks, and those who write on."""

import time

import pytest

from conftest import LONG, SLEEPS_TOO, control, oot_module
from vm.machine import drive
from vm.sleep import SLEPT, require_frozen, require_refuser, slow_down, throttle

MIB = 1 << 20


@SLEEPS_TOO
@pytest.mark.parametrize("case", ["fsync", pytest.param("umount", marks=LONG), pytest.param("syncfs", marks=LONG)])
def test_task_that_waits_for_a_slow_disk(kernel, case, start):
    vm = start(kernel, "waits", variables={"CASE": case}, timeout=400)
    with vm:
        slow_down(vm, bps=2 * MIB, disks=["d0"])
        vm.wait_said("awake")
        throttle(vm, 0, ["d0"])
        vm.wait_ok()
    require_frozen(vm, 1)


@control("the freeze waits for ever")
def test_foreground_gc_of_f2fs(kernel, run):
    run(kernel, "gc_merge", disks=1, timeout=300)


@LONG
@SLEEPS_TOO
def test_task_that_writes_on(kernel, run, record_property):
    vm = run(kernel, "keeps_writing", variables={"HUNG_TASK": 300 * kernel.slow}, timeout=600)
    record_property("note", "\n".join(f"{kernel.name}, a task that writes on: {line}" for line in vm.said()
                                      if line.startswith("sleep ")))
    require_frozen(vm, 3, least=2)


@SLEEPS_TOO
def test_watchdog(kernel, start):
    vm = start(kernel, "watchdog", timeout=400, extra=["-device", "i6300esb", "-action", "watchdog=none"])
    with vm:
        slow_down(vm, bps=2 * MIB, disks=["d0"])
        vm.wait_said("awake")
        barked = "WATCHDOG" in [event for event, _ in vm.qmp_events()]
        throttle(vm, 0, ["d0"])
        vm.require(not barked, "nobody has fed the watchdog for 20 s")
        vm.wait_ok()
    require_frozen(vm, 1, least=2)


@LONG
@SLEEPS_TOO
def test_eight_slow_disks(kernel, start):
    """The disks share what they may write, so that each waits for its turn; more than 20 s in all."""
    disks = [f"d{i}" for i in range(8)]
    vm = start(kernel, "eight", disks=8, timeout=500)
    with vm:
        vm.wait_said("slow down")
        for disk in disks:
            vm.command_qmp("block_set_io_throttle", device=disk, group="all", bps=0, bps_rd=0, bps_wr=4 * MIB, iops=0,
                           iops_rd=0, iops_wr=0)
        vm.tell("slow")
        vm.wait_said("awake")
        throttle(vm, 0, disks)
        vm.wait_ok()
    require_frozen(vm, 1, least=8)


# jbd2's thread of the base waits for the flush
@control("^no suspend: Device or resource busy")
def test_slow_flush(kernel, start, machine):
    """A flush that takes 3 s, and a disk that may do nothing for 2 s."""
    vm = start(kernel, "slow_flush", disks=1, timeout=300, extra=drive("slow", f"blkdebug::{machine.disk('slow', 256)}"))

    def debug(command):
        vm.command_qmp("human-monitor-command", **{"command-line": f'qemu-io slow "{command}"'})
    with vm:
        vm.wait_said("slow down")
        debug("break flush_to_disk 0")
        vm.tell("slow")
        held = 0

        def hold_another():
            nonlocal held
            time.sleep(3)
            debug(f"break flush_to_disk {held + 1}")
            # lets go of what it has held, too; none may come later and be forgotten
            debug(f"remove_break {held}")
            held += 1
            return "awake" in vm.said()
        vm.wait_for("end of the sleep", hold_another)
        debug(f"remove_break {held}")
        vm.tell("fast")
        vm.wait_ok()
    require_frozen(vm, 1, least=2)


@control(SLEPT)
def test_writer_beside_a_resync(kernel, run):
    vm = run(kernel, "resync", variables={"CASE": "writer"}, files=[oot_module(kernel, "oot_writer")], timeout=400)
    require_refuser(vm, r"ext4 \(vd.2\)")


@control("the sync before the suspend waits for ever")
def test_journal_beside_a_resync(kernel, run):
    """What is stuck is the journal's disk; the resync is no progress of the filesystem."""
    run(kernel, "resync", variables={"CASE": "journal", "HUNG_TASK": 300 * kernel.slow}, timeout=500)
