"""The machines of the tests of panic()."""

import pytest

from conftest import panic_files
from vm.oracle import PANIC


@pytest.fixture
def start(machine):
    """Makes the machine for a job, with what makes it panic.

    wants: what the panics of its console say; a run without a panic is given none.
    """
    def make(kernel, job, append="", files=(), wants=(PANIC,), **options):
        # On a busy host, x86 may take the TSC for unstable; then the time of the log stands still without ticks, as in a panic
        # that hangs. Only here: QEMU's TSC has been seen to be some times too fast, which is to be found out elsewhere.
        if kernel.arch != "arm64":
            append += " tsc=reliable"
        return machine(kernel, job, append, files=[*files, *panic_files(kernel)], wants=wants, **options)
    return make
