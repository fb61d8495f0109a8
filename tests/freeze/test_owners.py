"""Who freezes a filesystem, and who thaws it: the sleep, the user, dm, the emergency thaw."""

import re

from conftest import control, no_control, program
from vm.sleep import frozen


@control("^no suspend: Device or resource busy")
def test_user_frozen(kernel, run):
    vm = run(kernel, "user_frozen")
    vm.require(frozen(vm.text("log")) == [2], "not both have been frozen")


@control("the sync before the suspend waits for ever")
def test_frozen_by_dm(kernel, run):
    vm = run(kernel, "dm_frozen")
    vm.require(frozen(vm.text("log")) == [2], "not both have been frozen")


@no_control("the base freezes nothing that the key could thaw by mistake")
def test_sysrq_j_while_frozen(kernel, start):
    """The emergency thaw lets go of what the user has frozen, not of what the suspend has."""
    vm = start(kernel, "sysrq_j")
    with vm:
        vm.wait_console("Freezing remaining freezable tasks")
        vm.command_qmp("send-key", keys=[{"type": "qcode", "data": key} for key in ("alt", "sysrq", "j")])
        vm.wait_ok()
    log = vm.text("log")
    vm.require(log.index("Emergency Thaw complete") < log.index("Restarting tasks"), "the key came too late")
    vm.require(frozen(log) == [2], "not both have been frozen")


@control("there is no /sys/power/freeze_filesystems")
def test_switch(kernel, run):
    vm = run(kernel, "switch")
    log = vm.text("log")
    vm.require(frozen(log) == [1], "frozen though it is turned off, or not though it is turned on")
    disk = re.search(r"Froze ext4 \((vd.)\)", log)[1]
    vm.require(vm.text("trace").splitlines() == [
        f"filesystem_sleep: {doing} ext4 ({disk}) {when}, err=0"
        for doing in ("syncing", "flushing", "freezing", "thawing") for when in ("begin", "end")], "the trace says something else")


@control("a core dump of the one that has frozen all")
def test_crash_of_the_snapshot_owner(kernel, run):
    vm = run(kernel, "snapshot_crash", files=[program("snapshot", kernel)])
    vm.require(frozen(vm.text("log")) == [1], "not frozen")
