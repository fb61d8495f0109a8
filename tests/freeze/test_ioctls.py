"""An ioctl that takes long neither keeps the machine awake nor ends with the sleep."""

import pytest

from conftest import LONG, control
from vm.sleep import frozen


def throttle_reads(vm, bps):
    """The bytes a second that are read from each disk, and written to it, from now on; 0 for no limit."""
    for disk in ("d0", "d1"):
        vm.command_qmp("block_set_io_throttle", device=disk, bps=bps, bps_rd=0, bps_wr=0, iops=0, iops_rd=0, iops_wr=0)


def run_ioctl(kernel, case, start):
    vm = start(kernel, "ioctls", variables={"CASE": case}, disks=2, timeout=400)
    with vm:
        vm.wait_said("slow down")
        throttle_reads(vm, 8 << 20)
        vm.tell("slow")
        vm.wait_said("awake")
        throttle_reads(vm, 0)
        vm.wait_ok()
    vm.require(frozen(vm.text("log")) == [1, 1], "not frozen")


@pytest.mark.parametrize("case", ["scrub", pytest.param("balance", marks=LONG), pytest.param("replace", marks=LONG)])
@control("^no suspend: Device or resource busy")
def test_btrfs(kernel, case, start):
    run_ioctl(kernel, case, start)


@LONG
# the freeze by the user waits for its end, which is seen a second later
@control(r"\d+ writes while all was frozen|^the freeze has waited for its end|^it has ended with the freeze")
def test_balance_that_a_mount_has_resumed(kernel, start):
    run_ioctl(kernel, "resumed", start)
