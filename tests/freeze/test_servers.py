"""Filesystems on what a task serves: FUSE, nbd, and md arrays whose metadata mdmon keeps."""

import re

import pytest

from conftest import LONG, control, program
from vm.sleep import frozen

SYNC_HANGS = "the sync before the suspend waits for ever"


@control("^no suspend: Device or resource busy")
def test_fuse_writers(kernel, run):
    vm = run(kernel, "fuse_writers")
    vm.require(frozen(vm.text("log")) == [1] * 10, "not frozen at each suspend")


@control("^no suspend: Device or resource busy")
@pytest.mark.parametrize("server, disk", [("fuse", "loop0"), pytest.param("nbd", "nbd0", marks=LONG)])
def test_served_by_user_space(kernel, server, disk, run):
    vm = run(kernel, "served", variables={"SERVER": server}, files=[program("tasks", kernel)], timeout=200)
    log = vm.text("log")
    vm.require(frozen(log) == [2] * 5, "not frozen at each suspend")
    vm.require(len(re.findall(rf"Froze ext4 \({disk}\)", log)) == 5, "the one that is served has not been frozen")


@control(SYNC_HANGS)
def test_stopped_server(kernel, run):
    # tasks that wait for the server are not what hangs here
    vm = run(kernel, "stopped_server", variables={"HUNG_TASK": 300 * kernel.slow}, timeout=240)
    log = vm.text("log")
    vm.require(re.search(r"syncing ext4 \(loop0\) is given up: it does not get on", log), "the wait is not given up")
    vm.require("Freezing user space processes completed" in log.split("suspend exit")[0], "user space is not frozen")
    vm.require(frozen(log) == [1, 1, 1, 2], "not the other one has been frozen, and both after the server has gone on")


# a race: the base refuses, or writes on
@control(r"^no suspend: Device or resource busy|\d+ writes while all was frozen")
def test_busy_md_with_external_metadata(kernel, run):
    vm = run(kernel, "md_external", variables={"CASE": "busy"})
    log = vm.text("log")
    vm.require(frozen(log) == [2] * 5, "not frozen at each suspend")
    # before user space, its writers would keep each other from being frozen
    for sleep in log.split("suspend entry")[1:]:
        vm.require(sleep.index("Freezing user space processes") < sleep.index("Froze ext4 (md"), "frozen too early")


@control(SYNC_HANGS)
def test_clean_md_with_external_metadata(kernel, run):
    vm = run(kernel, "md_external", variables={"CASE": "clean"})
    log = vm.text("log")
    vm.require(frozen(log) == [1, 0, 1], "not frozen when mdmon answers, or when it does not")
    vm.require(re.search(r"ext4 \((md\d+)\) is given up[^$]*md: \1: writes still wait for user space", log),
               "the writes to the array are not given up")
