"""Machines that are given a devicetree. They need a kernel of their own."""

import pytest

from vm.devicetree import Board
from vm.kernel import Kernel


@pytest.fixture
def arch(request):
    return getattr(request, "param", "x86_64")


@pytest.fixture
def kernel(arch, flavor):
    return Kernel(arch, flavor, "devicetree")


@pytest.fixture
def board(machine, kernel):
    return lambda *args: Board(machine.directory, machine, kernel, *args)
