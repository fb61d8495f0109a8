"""arm64's machines for the tests of crashkernel=."""

import pytest

from conftest import oot_module
from vm.kernel import Kernel
from vm.oracle import PANIC
from vm.places import BOARDS

# a write to what is loaded
FAULT = "Unable to handle kernel paging request|Internal error: Oops: "


def pytest_ignore_collect(collection_path, config):
    return True if collection_path.name == "test_every_place_on_base.py" and config.getoption("matrix") != "all" else None


@pytest.fixture
def kernel(flavor):
    return Kernel("arm64", flavor)


@pytest.fixture
def start(machine):
    """Makes the machine of a board, for a job. node: MiB of a second NUMA node at the end of memory."""
    def make(kernel, board, job, append, node=0, extra=(), **options):
        board = BOARDS[board]
        devicetree = board.devicetree(machine.directory / "dtb")
        extra = [*extra, *(["-dtb", devicetree] if devicetree else [])]
        for i, size in enumerate((board.memory - node, node) if node else ()):
            extra += ["-object", f"memory-backend-ram,id=m{i},size={size}M", "-numa", f"node,memdev=m{i}"]
        return machine(kernel, job, append, smp=1, memory=board.memory, extra=extra, **options)
    return make


@pytest.fixture
def dump(start):
    """Runs a machine that crashes with a crash kernel in its memory, until the dump has been read."""
    def make(kernel, board, line, load="-s", before="", after="", extra=(), **options):
        # kexec_load takes a devicetree with a seed in it for a mistake if nokaslr leaves it there
        extra = ["-machine", "dtb-randomness=off", *extra]
        vm = start(kernel, board, "dump", f"panic=-1 {line}", extra=extra, wants=[PANIC, FAULT],
                   files=[oot_module(kernel, "oot_crashkernel")],
                   variables={"LOAD": load, "BEFORE": before, "AFTER": after}, **options)
        with vm:
            vm.wait_ok()
        return vm
    return make
