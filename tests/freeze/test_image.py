"""What an image for hibernation, and the task that asks for one, must not wait for."""

import pytest

from conftest import LONG, SLEEPS_TOO, control, program
from vm.sleep import require_frozen


@SLEEPS_TOO
def test_memory_for_the_image(kernel, run):
    vm = run(kernel, "image_memory", variables={"ON": "disk"}, one_queue=True, timeout=240)
    require_frozen(vm, 1, least=2)


# the base is not seen to come to an end within 420 s; probably as its server is frozen before there is memory
@LONG
@control("^no verdict")
def test_memory_for_the_image_above_a_server(kernel, run):
    vm = run(kernel, "image_memory", variables={"ON": "served"}, one_queue=True, timeout=240)
    require_frozen(vm, 1, least=2)


@SLEEPS_TOO
@pytest.mark.parametrize("fs", ["ext4", pytest.param("xfs", marks=LONG)])
@pytest.mark.parametrize("case", ["kill", pytest.param("exit", marks=LONG)])
def test_owner_that_ends(kernel, case, fs, run):
    vm = run(kernel, "snapshot_owner", variables={"CASE": case, "FS": fs}, files=[program("snapshot", kernel)], timeout=240)
    require_frozen(vm, 2, least=2)
