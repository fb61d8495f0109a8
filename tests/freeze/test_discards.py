"""Nothing is discarded while a filesystem is frozen, and it is gone on with after the thaw."""

import pytest

from conftest import LONG, control
from vm.sleep import frozen


@pytest.mark.parametrize("fs", ["ext4", "btrfs", pytest.param("xfs", marks=LONG)])
@control("discards while it is frozen")
def test_deleted(kernel, fs, run):
    vm = run(kernel, "discards", variables={"FS": fs}, disks=1, timeout=400)
    vm.require(frozen(vm.text("log")) == [1], "not frozen")


@pytest.mark.parametrize("fs", ["ext4", *(pytest.param(fs, marks=LONG) for fs in ("xfs", "btrfs", "f2fs"))])
@control("^no suspend: Device or resource busy|fstrim has ended with the sleep|fstrim has left out a part")
def test_fstrim(kernel, fs, run):
    vm = run(kernel, "trim", variables={"FS": fs, "OPTIONS": ",noinit_itable" if fs == "ext4" else ""}, disks=1,
             timeout=400)
    vm.require(frozen(vm.text("log")) == [1], "not frozen")
