"""Nothing is written while all is frozen, and what is on the disks then is whole."""

import subprocess

import pytest

from conftest import LONG, control, program
from vm.sleep import frozen, require_no_write, slow_down, throttle, wait_frozen, written


@pytest.mark.parametrize("arch", ["x86_64", "arm64"])
@control(r"\d+ writes while all was frozen", arch=["x86_64"])
def test_four(kernel, machine, start, run):
    vm = start(kernel, "four", timeout=240)
    disks = [machine.disk(f"d{i}", 1024) for i in range(4)]
    with vm:
        slow_down(vm, bps=4 << 20)
        wait_frozen(vm)
        before = written(vm)
        # QEMU ends what is in flight, and starts nothing
        vm.command_qmp("stop")
        for disk in disks:
            subprocess.run(["cp", "--sparse=always", disk, f"{disk}.copy"], check=True)
        vm.command_qmp("cont")
        vm.require(require_no_write(vm, before), "too late to count the writes")
        throttle(vm, 0)
        vm.wait_ok()
    vm.require(frozen(vm.text("log")) == [4], "not all have been frozen")
    for disk in disks:
        disk.with_name(f"{disk.name}.copy").rename(disk)
    run(kernel, "copies", variables={"BEFORE": vm.nonce})


@pytest.mark.parametrize("fs", ["ext4", pytest.param("xfs", marks=LONG)])
@control("the write of a stopped task does not end")
def test_io_uring(kernel, fs, start):
    vm = start(kernel, "uring", variables={"FS": fs}, files=[program("uring", kernel)], timeout=240)
    with vm:
        slow_down(vm, disks=["d0"])
        vm.wait_ok()
    vm.require(frozen(vm.text("log")) == [1], "it has not been frozen")
