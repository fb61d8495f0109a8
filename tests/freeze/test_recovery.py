"""What a disk says of itself after the machine has woken up."""

import struct

from conftest import SLEEPS_TOO
from vm.sleep import require_frozen

NEEDS_RECOVERY = 4


def needs_recovery(disk):
    """Whether the superblock of an ext4 on a disk says that its journal is to be replayed."""
    with open(disk, "rb") as file:
        file.seek(1024 + 0x60)
        return bool(struct.unpack("<I", file.read(4))[0] & NEEDS_RECOVERY)


@SLEEPS_TOO
def test_commit_after_the_thaw(kernel, start, machine):
    """The freeze has cleared the flag; no commit may be on the disk before it is there again."""
    vm = start(kernel, "recovery", one_queue=True, timeout=400)
    with vm:
        vm.command_qmp("query-status")
        for number in 1, 2:
            vm.wait_for(f"S3 for sleep {number}",
                        lambda number=number: [event for event, _ in vm.qmp_events()].count("SUSPEND") >= number)
            vm.command_qmp("system_wakeup")
            vm.wait_said(f"committed {number}")
            for disk in "d0", "d1":
                vm.require(needs_recovery(machine.disk(disk, 1024)), f"nothing says that {disk} needs recovery")
            vm.tell(f"looked{number}")
        vm.wait_ok()
    require_frozen(vm, 2, least=2)
