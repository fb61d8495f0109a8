"""The whole dump, by both load syscalls, read on the host by makedumpfile and crash."""

import re
import subprocess

import pytest

from conftest import LONG, no_control
from vm.notes import vmcoreinfo
from vm.oracle import lists_before_kdump, require_order


@pytest.mark.parametrize("load, level", [
    pytest.param(load, level, marks=[] if (load, level) in (("-s", 0), ("-c", 4)) else LONG) for load in ("-s", "-c") for level in (0, 2, 4)])
@no_control("the base's dump can be read, too; test_order.py and test_faults.py compare what is in it")
def test_dump(kernel, start, level, load):
    vm = start(kernel, "dump", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}",
               variables={"LOAD": load})
    with vm:
        vm.wait_ok()
    vmcore = vm.vmcore()
    log = vm.vmcore_log(vmcore)
    require_order(vm, log, ["panic", *lists_before_kdump(level, dumper=False)])
    vm.require(vm.nonce in log, "the log is not of this run")

    crash = subprocess.run([*kernel.tool("crash"), "-s", kernel.vmlinux, vmcore],
                           input="bt -a\nhelp -D\nquit\n", capture_output=True, text=True, timeout=3 * vm.timeout)
    tasks = re.findall(r"^PID: .*", crash.stdout, re.M)
    vm.require(len(tasks) == 2, f"crash shows {len(tasks)} CPUs: {crash.stdout}{crash.stderr}")
    vm.require(re.search(r"panic.*sysrq_handle_crash", crash.stdout, re.S),
               f"crash does not show the panic: {crash.stdout}")
    step = {0: "kgdb", 2: "hypervisor list", 4: "pre_reboot list"}[level]
    vm.require(vmcoreinfo(vm.file("notes")).get("PANIC_STEP") == step, f"vmcoreinfo does not say that it was the {step}")
    vm.require(f"PANIC_STEP={step}" in crash.stdout, f"crash does not show PANIC_STEP: {crash.stdout}")
