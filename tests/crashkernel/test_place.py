"""Where the region of crashkernel= is: a test for each row of vm/places.py, on machines of many sizes.

A part of the command lines is booted on a part of the machines; --matrix=all boots all of them on each, with kernels that
have pages of 64K or no DMA zones, too.
"""

import pytest

from conftest import control, no_control
from vm.kernel import Kernel
from vm.places import Place, judge, places

as_on_base = no_control("the base gets it right, and the series has to go on; see test_every_place_on_base.py")


def pytest_generate_tests(metafunc):
    row = metafunc.function.__name__.removeprefix("test_")
    everything = metafunc.config.getoption("matrix") == "all"
    chosen = list(places(row, every=True))
    controls = {place for mark in metafunc.definition.iter_markers("control") for place in mark.args[1]["place"]}
    missing = controls - set(chosen)
    assert not missing, f"the control of {row} is at places that are not booted: {missing}"
    if not everything:
        # each fourth machine, one for each line that is nonsense, and those of the controls
        part = [place for place in places(row, every=False) if place.variant == "default"]
        part = part if row in ("nonsense", "nothing") else part[::4]
        chosen = [place for place in chosen if place in part or (place in controls and place.variant == "default")]
    metafunc.parametrize("place", chosen, ids=str)


@pytest.fixture
def kernel(flavor, place):
    return Kernel("arm64", flavor, place.variant)


@pytest.fixture
def check(kernel, place, start):
    """Boots the place and requires that nothing is wrong with it."""
    def boot():
        vm = start(kernel, place.board, "place", f"nokaslr {place.line}")
        with vm:
            vm.wait_ok()
        wrong = judge(place, vm)
        vm.require(not wrong, "; ".join(wrong))
    return boot


@as_on_base
def test_offset(place, check):
    check()


@control("^across L", place=[
    Place("6G", "crashkernel=512M@0xf0000000"),
    Place("2G of reach, 3458M", "crashkernel=512M@0x70000000", "64k")])
def test_bad_offset(place, check):
    check()


@control("^nothing, not above L, and low$", place=[
    Place("low memory in pieces", "crashkernel=2000M"),
    Place("low memory in pieces", "crashkernel=2000M", "64k")])
def test_x(place, check):
    check()


@control("^nothing, not above L", place=[
    Place("low memory in pieces", "crashkernel=512M crashkernel=64M,low"),
    Place("2G of reach, 3458M", "crashkernel=2000M crashkernel=0,low", "64k")])
def test_x_and_low(place, check):
    check()


@control("^above L .*, not above L, and low$", place=[
    Place("6G", "crashkernel=640M,high"),
    Place("low memory in pieces", "crashkernel=1200M,high", "64k")])
def test_high(place, check):
    check()


@control("^across L", place=[
    Place("ends 386M above 4G", "crashkernel=3000M,high crashkernel=100000K,low"),
    Place("ends 386M above 4G", "crashkernel=512M,high crashkernel=64M,low", "64k")])
def test_high_and_low(place, check):
    check()


@control("^across L", place=[
    Place("ends 386M above 4G", "crashkernel=512M,high crashkernel=3900M,low"),
    Place("ends 386M above 4G", "crashkernel=512M,high crashkernel=0xffffffffffffffff,low", "64k")])
def test_high_and_too_much_low(place, check):
    check()


@control("^above L .*, not above L, and low$", place=[
    Place("6G", "crashkernel=512M,high swiotlb=131072")])
def test_swiotlb(place, check):
    check()


@control("^other sizes .*, not above L, and low$", place=[
    Place("ends 640M above 4G", "crashkernel=100001K,low crashkernel=200M,high"),
    Place("high memory in pieces", "crashkernel=100001K,low crashkernel=200M,high", "64k")])
def test_odd_sizes(place, check):
    check()


@as_on_base
def test_x_and_high(place, check):
    check()


@control("^nothing, not above L, and low", place=[
    Place("2G of reach, 6G", "crashkernel=abc crashkernel=512M,high"),
    Place("2G of reach, 6G", "crashkernel=0 crashkernel=512M,high", "64k")])
def test_partly_nonsense(place, check):
    check()


@control("^0 lines say why", place=[
    Place("1G", "crashkernel=256M,low"),
    Place("2G of reach, 6G", "crashkernel=256M,high,low")])
def test_nonsense(place, check):
    check()


@as_on_base
def test_nothing(place, check):
    check()
