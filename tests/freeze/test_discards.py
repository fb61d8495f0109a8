"""Nothing is discarded while a filesystem is frozen, and it is gone on with after the thaw."""

import pytest

from conftest import LONG, control
from vm.sleep import frozen


@pytest.mark.parametrize("fs", ["ext4", "btrfs", pytest.param("xfs", marks=LONG)])
@control("discards while it is frozen")
def test_deleted(kernel, fs, run):
    vm = run(kernel, "discards", variables={"FS": fs, "HOW": "is frozen"}, disks=1, timeout=400)
    vm.require(frozen(vm.text("log")) == [1], "not frozen")


@pytest.mark.parametrize("fs, how", [("ext4", "has failed"), ("xfs", "is read-only"),
                                     pytest.param("ext4", "is read-only", marks=LONG)])
@control("discards while it ")
def test_deleted_before_the_end(kernel, fs, how, run):
    """Neither is frozen for a sleep."""
    run(kernel, "discards", variables={"FS": fs, "HOW": how}, disks=1, timeout=400)


@pytest.mark.parametrize("fs", ["ext4", *(pytest.param(fs, marks=LONG) for fs in ("xfs", "btrfs", "f2fs"))])
@control("^no suspend: Device or resource busy|fstrim has ended with the sleep|fstrim has left out a part")
def test_fstrim(kernel, fs, run):
    vm = run(kernel, "trim", variables={"FS": fs, "OPTIONS": ",noinit_itable" if fs == "ext4" else ""}, disks=1,
             timeout=400)
    vm.require(frozen(vm.text("log")) == [1], "not frozen")
