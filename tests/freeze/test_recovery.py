"""What a disk says of itself after the machine has woken up."""

import struct

from conftest import SLEEPS_TOO
from vm.sleep import require_frozen, wait_event

NEEDS_RECOVERY = 4


def needs_recovery(disk):
    """Whether the superblock of an ext4 on a disk says that its journal is to be replayed."""
    with open(disk, "rb") as file:
        file.seek(1024 + 0x60)
        return bool(struct.unpack("<I", file.read(4))[0] & NEEDS_RECOVERY)


@SLEEPS_TOO
def test_commit_after_the_thaw(kernel, start, machine):
    """The freeze has cleared the flag; no commit may be on the disk before it is there again."""
    vm = start(kernel, "recovery", one_queue=True)
    with vm:
        wait_event(vm, "SUSPEND")
        vm.command_qmp("system_wakeup")
        vm.wait_said("committed")
        for disk in "d0", "d1":
            vm.require(needs_recovery(machine.disk(disk, 1024)), f"nothing says that {disk} needs recovery")
        vm.tell("looked")
        vm.wait_ok()
    require_frozen(vm, 1, least=2)
