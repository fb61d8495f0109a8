"""The whole dump, by both load syscalls, read on the host by makedumpfile and crash."""

import re
import subprocess

import pytest

from oracle import events, lists_before_kdump
from vm.machine import tool

JOB = """
first() {
    load_crash_kernel %s
    modprobe test_panic_notifiers
    echo c >/proc/sysrq-trigger
}
dump() {
    send_vmcore_log
    send_vmcore
    verdict ok
}
"""


@pytest.mark.parametrize("level", [0, 2, 4])
@pytest.mark.parametrize("load", ["-s", "-c"])
def test_dump(series, machine, level, load):
    vm = machine(series, JOB % load,
                 f"crashkernel={series.crashkernel}M panic=-1 panic_notifiers_level={level}")
    with vm:
        vm.wait_ok()
    vmcore = vm.vmcore()
    log = vm.vmcore_log(vmcore)
    assert events(log) == ["panic", *lists_before_kdump(level, dumper=False)]
    assert vm.nonce in log

    crash = subprocess.run([*tool(series.arch, "crash"), "-s", series.vmlinux, vmcore],
                           input="bt -a\nquit\n", capture_output=True, text=True, timeout=vm.timeout)
    tasks = re.findall(r"^PID: .*", crash.stdout, re.M)
    assert len(tasks) == 2, crash.stdout + crash.stderr
    assert re.search(r"panic.*sysrq_handle_crash", crash.stdout, re.S), crash.stdout
