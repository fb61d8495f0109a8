"""What the host sees of a sleep, and does to its disks."""

import re

# What a guest says that has gone to sleep, and must not have
SLEPT = r"it has gone to sleep|\d+ writes while all was frozen"


def frozen(log):
    """How many filesystems each sleep of a log has frozen."""
    return [int(count) for count in re.findall(r"Freezing filesystems completed \((\d+) frozen", log)]


def written(vm):
    """How many writes the disks d0 to d9 have been given."""
    return sum(disk["stats"]["wr_operations"] for disk in vm.command_qmp("query-blockstats")
               if re.fullmatch(r"d\d", disk["device"]))


def throttle(vm, bps, disks=("d0", "d1", "d2", "d3")):
    """Bytes a second that each disk writes from now on, 0 for no limit."""
    for disk in disks:
        vm.command_qmp("block_set_io_throttle", device=disk, bps=0, bps_rd=0, bps_wr=bps, iops=0, iops_rd=0, iops_wr=0)


def slow_down(vm, bps=1 << 20, disks=("d0", "d1", "d2", "d3")):
    """Throttle the disks when the guest's slow_down() asks for it."""
    vm.wait_said("slow down")
    throttle(vm, bps, disks)
    vm.tell("slow")


def wait_frozen(vm):
    """Wait until all is frozen, or on the base user space is."""
    vm.wait_console("Freezing filesystems completed" if vm.kernel.flavor == "series" else
                    "Freezing user space processes completed")


def require_none(vm, writes):
    vm.require(writes == 0, f"{writes} writes while all was frozen")


def require_no_write(vm, before, until=None):
    """Nothing has been written to the disks since written() was before, until the thaw begins.

    How often that has been looked at. The guest counts, too, and if the thaw may come soon, it alone does.
    """
    # the base says nothing of its kernel threads
    until = until or ("Restarting kernel threads" if vm.kernel.flavor == "series" else "Restarting tasks")
    counts = [before]

    def thawed():
        count = written(vm)
        if until in vm.console():
            return True
        # all was still frozen after this look
        counts.append(count)
        return False
    vm.wait_for(f"'{until}' on the console", thawed)
    require_none(vm, counts[-1] - before)
    return len(counts) - 1


def wake_up(vm, phase):
    """Press the power button when the job wakeup.sh is in the midst of a phase of going to sleep."""
    slow_down(vm, bps=512 << 10)
    if phase == "freeze":
        vm.wait_console("Still freezing ext4")
    else:
        vm.wait_console("suspend entry")
        before = written(vm)
        vm.wait_for("write to the disks", lambda: written(vm) > before)
    vm.command_qmp("system_powerdown")


def wake_from_ram(vm, times):
    """Wait until the machine sleeps in RAM for this time, and wake it."""
    vm.command_qmp("query-status")
    vm.wait_for(f"sleep {times} in RAM", lambda: [event for event, _ in vm.qmp_events()].count("SUSPEND") >= times)
    vm.command_qmp("system_wakeup")


def wait_event(vm, name):
    """Wait for an event of QEMU, as SUSPEND."""
    vm.command_qmp("query-status")
    vm.wait_for(f"event {name}", lambda: name in [event for event, _ in vm.qmp_events()])


def require_frozen(vm, times, least=1):
    """So many sleeps have each frozen at least so many filesystems. The base freezes none."""
    if vm.kernel.flavor == "series":
        counts = frozen(vm.text("log"))
        vm.require(len(counts) == times and min(counts) >= least,
                   f"the sleeps have frozen {counts} filesystems, not {times} times {least} or more")


def require_refuser(vm, name):
    """What /sys/power/suspend_stats names as that which refused last, as 'ext4 (loop0)': a regular expression."""
    found = re.search(r"^last_failed_dev (.*)", vm.text("suspend_stats"), re.M)
    vm.require(found, "suspend_stats does not say what refused")
    vm.require(re.search(name, found[1]), f"suspend_stats names '{found[1]}', not '{name}'")
