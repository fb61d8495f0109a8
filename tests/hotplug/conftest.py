"""Machines whose memory and CPUs come and go while a crash kernel is loaded."""

import re

import pytest

from conftest import oot_module, program
from vm.hotplug import LOADS
from vm.oracle import PANIC


@pytest.fixture
def crash(machine):
    """Runs a machine that crashes after some steps, until the dump has been read.

    change is called with what the guest asks for. The base is loaded by kexec_file_load where the series uses a flag
    that it does not know.
    """
    def make(kernel, change, load="file", before="", steps="", job="memory", variables=None, wants=(PANIC,), **options):
        if kernel.flavor == "base" and load == "load with flag":
            load = "load"
        words, preload = LOADS[load]
        vm = machine(kernel, job, f"crashkernel={kernel.crashkernel}M panic=-1", wants=wants, variables={
            "LOAD": words, "PRELOAD": preload, "BEFORE": before, "STEPS": steps, "PAGES": 256, "BLOCKS": 2,
            **(variables or {})}, files=[oot_module(kernel, "oot_hotplug"), program("patterns", kernel),
                                         program("kexec_flags.so", kernel)], **options)
        with vm:
            asked = 1
            while True:
                found = []
                vm.wait_for("request or verdict", lambda: found.extend(
                    line for line in vm.said() if re.match(rf"ask {asked} |verdict ", line)) or found)
                if not found[0].startswith("ask"):
                    break
                change(vm, found[0].split()[2])
                asked += 1
            vm.wait_ok()
        return vm
    return make
