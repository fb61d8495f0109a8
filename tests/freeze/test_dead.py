"""Storage that is dead, or that its owner has turned off, keeps no machine awake."""

import pytest

from conftest import LONG, SLEEPS_TOO, program
from vm.sleep import require_frozen

# what a filesystem that has lost its disk may say in passing
LOST = [r"WARNING: .*(buffer|ext4|btrfs|xfs|inode|super)"]


@SLEEPS_TOO
@pytest.mark.parametrize("case", ["remounted", "pulled loop",
                                  *(pytest.param(case, marks=LONG) for case in (
                                      "shutdown ext4", "shutdown xfs", "shutdown f2fs", "pulled btrfs", "pulled dm",
                                      "pulled luks", "pulled log"))])
def test_dead_storage(kernel, case, run):
    """Three suspends and a hibernation."""
    vm = run(kernel, "dead", one_queue=True, variables={"CASE": case}, files=[program("tasks", kernel)], timeout=500,
             allows=LOST if kernel.flavor == "base" else [])
    require_frozen(vm, 4)


@SLEEPS_TOO
@pytest.mark.parametrize("data", ["clean", pytest.param("dirty", marks=LONG)])
@pytest.mark.parametrize("fs", ["btrfs", pytest.param("ext4", marks=LONG)])
@pytest.mark.parametrize("case", ["lvm", pytest.param("luks", marks=LONG), pytest.param("noflush", marks=LONG)])
def test_suspended_luks(kernel, fs, case, data, run):
    """Right on it, on a volume on it, and right on it, but neither flushed nor frozen."""
    vm = run(kernel, "luks", variables={"FS": fs, "CASE": case, "DATA": data}, timeout=600)
    require_frozen(vm, 3)
