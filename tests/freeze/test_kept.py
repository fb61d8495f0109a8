"""What a filesystem does when it is frozen goes on after the thaw, and works as before."""

from conftest import control
from vm.machine import drive
from vm.sleep import frozen


@control("^it is read-only after fsfreeze")
def test_failed_mirror(kernel, run):
    vm = run(kernel, "kept", variables={"CASE": "mirror"})
    vm.require(frozen(vm.text("log")) == [1, 1], "not frozen")


@control("^it cannot be frozen: Invalid argument")
def test_f2fs_without_checkpoints(kernel, run):
    vm = run(kernel, "kept", variables={"CASE": "without_checkpoints"})
    vm.require(frozen(vm.text("log")) == [1], "not frozen")


@control("writes to what is frozen")
def test_eviction(kernel, run):
    run(kernel, "kept", variables={"CASE": "evicted"}, disks=1)


@control("writes to what is frozen")
def test_mapped_file(kernel, run):
    run(kernel, "kept", variables={"CASE": "mapped"}, disks=1)


@control("writes to what is frozen")
def test_repair(kernel, run):
    run(kernel, "kept", variables={"CASE": "repaired"}, disks=2)


@control("writes to what is frozen")
def test_replace(kernel, run, machine):
    slow = drive("d1", machine.disk("d1", 1024), f",cache=unsafe,throttling.bps-write={4 << 20}")
    run(kernel, "replace", disks=1, extra=slow, variables={"STEP": "begin"})
    vm = run(kernel, "replace", disks=1, extra=slow, variables={"STEP": "go_on"})
    log = vm.text("log")
    vm.require("continuing dev_replace" in log, "the replace has not gone on")
    vm.require(frozen(log) == [1], "not frozen")


@control("^no suspend: Device or resource busy")
def test_rescan(kernel, run):
    vm = run(kernel, "rescan")
    log = vm.text("log")
    vm.require(frozen(log) == [1, 1], "not frozen")
    for sleep in log.split("suspend entry")[1:]:
        asleep, awake = sleep.split("suspend exit")
        vm.require("qgroup scan completed" not in asleep and "qgroup scan completed" in awake,
                   "the rescan has not waited for the thaw")


@control("the sync waits")
def test_quota_of_another(kernel, run):
    run(kernel, "quota")
