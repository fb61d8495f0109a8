"""The crash kernel's memory can be given back in part, and what is loaded in it outlives a hibernation."""

import pytest

from conftest import no_control
from vm.machine import drive
from vm.places import regions

as_on_base = no_control("the base does it, too, and the series has to go on doing it")


@as_on_base
@pytest.mark.parametrize("board, line, load", [
    ("6G", "crashkernel=320M,high", "-s"),
    ("ends 386M above 4G", "crashkernel=512M,high", "-s"),
    ("6G", "crashkernel=320M@0x128000000", "-c"),
    ("6G", "crashkernel=320M", "-s")])
def test_shrink_and_load(kernel, dump, board, line, load):
    vm = dump(kernel, board, line, load=load, before="shrink")
    shrunk = next(line for line in vm.said() if line.startswith("shrunk ")).split()
    size, total, half, new_total = (int(word) for word in shrunk[1:])
    assert half == size // 2
    assert new_total - total == half
    (start, _), (shrunk_start, shrunk_end) = (regions(vm.text(file))[-1] for file in ("iomem", "after"))
    assert shrunk_start == start and shrunk_end - shrunk_start == half
    assert "image faulted" in vm.said()


@as_on_base
@pytest.mark.parametrize("line", ["crashkernel=320M,high", "crashkernel=320M"])
def test_hibernation(kernel, dump, machine, line):
    """What is loaded is protected again."""
    disks = [*drive("swap", machine.disk("swap", 1024)), *drive("resume", machine.disk("resume", 1))]
    vm = dump(kernel, "6G", line, after="hibernate", reboots=True, extra=disks, timeout=180)
    assert vm.stages() == ["first", "resume", "dump"]
    assert "slept disk" in vm.said() and "wrote 0" in vm.said()
    assert "after hibernation faulted" in vm.said()
