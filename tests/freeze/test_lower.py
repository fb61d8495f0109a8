"""A filesystem that its user freezes: with another on a file of it, and again and again."""

import pytest

from conftest import LONG, SLEEPS_TOO, control, program
from vm.sleep import SLEPT, require_frozen, require_refuser


# the loop device of the base writes to what is frozen, or waits for it
@control(SLEPT + r"|the sync before the suspend waits for ever")
def test_dirty_above(kernel, run):
    vm = run(kernel, "lower_frozen", variables={"CASE": "dirty", "HUNG_TASK": 300 * kernel.slow}, timeout=400,
             allows=["WARNING: .* ext4_"] if kernel.flavor == "base" else [])
    require_refuser(vm, r"^ext4 \(loop\d\)")
    require_frozen(vm, 1, least=3)


@SLEEPS_TOO
@pytest.mark.parametrize("case", ["frozen", pytest.param("read-only", marks=LONG)])
def test_nothing_to_write_above(kernel, case, run):
    vm = run(kernel, "lower_frozen", variables={"CASE": case}, timeout=240)
    require_frozen(vm, 3, least=3)


@SLEEPS_TOO
@pytest.mark.parametrize("fs", ["ext4", pytest.param("xfs", marks=LONG), pytest.param("btrfs", marks=LONG)])
def test_frozen_again_and_again(kernel, fs, run):
    """Freezes by the user that follow each other at once let everyone else get on."""
    run(kernel, "fair", variables={"FS": fs}, files=[program("tasks", kernel)], timeout=400)
