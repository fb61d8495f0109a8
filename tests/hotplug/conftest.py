"""Machines whose memory and CPUs come and go while a crash kernel is loaded."""

import pytest

from conftest import hotplug_files
from vm import hotplug


@pytest.fixture
def crash(machine):
    """Runs a machine that crashes after some steps, until the dump has been read: vm.hotplug.crash()."""
    def make(kernel, change, *args, **options):
        return hotplug.crash(machine, kernel, change, hotplug_files(kernel), *args, **options)
    return make
