"""The machines of the tests of panic()."""

import re

import pytest

from conftest import oot_module
from vm.oracle import PANIC


@pytest.fixture
def start(machine):
    """Makes the machine for a job, with the modules and the selftests that make it panic.

    wants: what the panics of its console say; a run without a panic is given none.
    """
    def make(kernel, job, append="", files=(), wants=(PANIC,), **options):
        files = [*files, oot_module(kernel)]
        if kernel.flavor != "base":
            files += [kernel.out / "lib/test_panic_notifiers.ko",
                      *(file for file in (kernel.source / "tools/testing/selftests/panic").iterdir()
                        if re.search("_test|survive", file.name))]
        return machine(kernel, job, append, files=files, wants=wants, **options)
    return make
