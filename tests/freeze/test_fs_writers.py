"""Who writes from within the kernel waits for the thaw."""

import pytest

from conftest import control


@control("writes to what is frozen")
def test_error(kernel, run):
    run(kernel, "error", disks=1)


@pytest.mark.parametrize("case", ["nvmet", "fileio"])
@control("writes to what is frozen")
def test_targets(kernel, case, run):
    # the base starts transactions, and ext4 says so
    run(kernel, "targets", disks=1, variables={"CASE": case},
        allows=["WARNING: .* ext4_"] if kernel.flavor == "base" else [])
