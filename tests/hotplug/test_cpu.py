"""A CPU that came after the crash kernel was loaded: are its registers in the dump?"""

import pytest

from conftest import LONG, control
from vm.hotplug import SOCKETS, count, keeps, plug
from vm.notes import cpus

# as many as the kernel of most tests can have
POSSIBLE = {"smp": "2,sockets=8,cores=1,threads=1,maxcpus=8"}


@pytest.fixture
def arch(request):
    return request.param


@control("the registers of the CPU that crashed are not in the dump")
@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("machine_of", [pytest.param(SOCKETS, marks=LONG, id="2 of 4"), pytest.param(POSSIBLE, id="2 of 8")])
@pytest.mark.parametrize("load", ["file", "load with flag"])
def test_cpu_that_came(kernel, crash, load, machine_of):
    vm = crash(kernel, plug, load, job="cpu", **machine_of)
    found = cpus(vm.file("notes"), "x86_64")
    vm.require(count(vm, "crashing") in [pid for pid, _ in found], "the registers of the CPU that crashed are not in the dump")
    assert len(found) == 3
    assert keeps(vm) == ["1 1", "1 1"]
