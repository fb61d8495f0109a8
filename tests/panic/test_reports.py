"""Panics as people have reported them: what is loaded, and what panics, at each level. The base has to manage the same at level 0."""

import socket
import threading

import pytest

from conftest import ARCHES, SLEEPS_TOO, control
from vm.oracle import OOPS, STALE_CPUS, require_cpus

# What goes on, what panics, on the command line, what it says, and what may be said besides
ON_BOTH = {
    "hvc0": ("hvc", "sysrq", "console=hvc0", "sysrq triggered crash", []),
    "kmsg": ("kmsg", "sysrq", "", "sysrq triggered crash", []),
    "netconsole": ("netconsole", "sysrq", "", "sysrq triggered crash", []),
    "panic_print": ("memory", "sysrq", "panic_print=0x7f", "sysrq triggered crash", ["<<< BUG"]),
    "size": ("size", "sysrq", "", "sysrq triggered crash", []),
    "offline": ("offline", "sysrq", "", "sysrq triggered crash", []),
    "stop_machine": ("nothing", "oot stop_machine", "", "in stop_machine", [STALE_CPUS]),
    "hung_task": ("memory", "hung_task", "", "hung_task: blocked tasks", ["blocked for more than"]),
    "softlockup": ("memory", "softlockup", "", "softlockup: hung tasks", ["soft lockup"]),
    "oom": ("nothing", "oom", "panic_print=0x40", "Out of memory: compulsory panic_on_oom", []),
    "overflow": ("nothing", "lkdtm EXHAUST_STACK", "", ".*", [OOPS, "BUG: .*stack", "stack", "double fault", "Internal error: "]),
}
ON_ONE = {
    "x86_64": {"unrecovered_nmi": ("memory", "nmi", "", "NMI: Not continuing", [])},
    # no NMI can stop such a CPU there
    "arm64": {"deaf": ("nothing", "oot deaf", "", "while another CPU is deaf", [STALE_CPUS])},
}
REPORTS = {arch: {**ON_BOTH, **ON_ONE[arch]} for arch in ARCHES}
CASES = [(arch, report, level) for arch in ARCHES for report in REPORTS[arch] for level in range(5)]
# in part, each at the default on one of the two
PART = [(arch, report, 2) for i, arch in enumerate(ARCHES)
        for j, report in enumerate(REPORTS[arch]) if j % 2 == i or report in ON_ONE[arch] or report == "kmsg"]
# user space writes more lines into the log than it can hold
FLOODS = ["kmsg", "netconsole"]


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        cases = CASES if metafunc.config.getoption("matrix") == "all" else PART
        flood = metafunc.function is test_flood
        metafunc.parametrize("case", [case for case in cases if (case[1] in FLOODS) == flood], ids=lambda case: "-".join(map(str, case)))


@pytest.fixture
def arch(case):
    return case[0]


class Listener:
    """Hears what netconsole sends."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = b""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.heard += self.socket.recv(65536)


def report(kernel, start, case):
    """The dump is there, with the registers of all CPUs that can be had, and its log says why."""
    _, report, level = case
    load, crash, append, says, allows = REPORTS[kernel.arch][report]
    crash, _, how = crash.partition(" ")
    panic = f"Kernel panic - not syncing: {says}"
    smp = 4 if load == "kmsg" else 2
    extra, files, listener = [], [module for module in kernel.modules() if module.stem in ("e1000", "netconsole", "lkdtm")], None
    if load == "hvc":
        extra = ["-chardev", "file,id=hvc,path=hvc.log", "-device", "virtconsole,chardev=hvc"]
    if load == "netconsole":
        listener = Listener()
        extra = ["-netdev", "user,id=net", "-device", "e1000,netdev=net"]
    vm = start(kernel, "report", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level} {append} "
               f"{kernel.ramoops(True)}", smp=smp, files=files, extra=extra, wants=[panic] if report != "overflow" or level else [],
               allows=[panic, *allows], variables={
                   "KDUMP": 1, "LOAD": load, "CRASH": crash, "HOW": how, "PORT": listener.port if listener else "",
                   "CAPTURE": "ramoops.mem_size=0"})
    with vm:
        if crash == "nmi":
            vm.wait_said("trigger nmi while memory")
            vm.command_qmp("inject-nmi")
        vm.wait_ok()
    vm.require(vm.stages() == ["first", "dump"], f"it went through {vm.stages()}")
    log = vm.text("dmesg")
    vm.require(says in log or report == "overflow", "the log in the dump does not say why")
    vm.require(load not in ("hvc", *FLOODS) or log.count("0" * 972) > 3, "nobody has written to /dev/kmsg")
    # nothing may turn lockdep off before that
    vm.require((report, kernel.variant) != ("panic_print", "debug") or "Showing all locks held" in log, "the locks are not shown")
    # arm64 cannot stop a CPU that takes no interrupts
    gone = report in ("offline", "deaf") or (report == "stop_machine" and kernel.arch == "arm64")
    require_cpus(vm, smp - gone)
    if report == "deaf":
        vm.require("failed to stop secondary CPUs 1" in log, "the log does not name the CPU")
    # the panic itself may be with who has the console, on the CPU that is stopped
    vm.require(not listener or listener.heard, "netconsole has sent nothing")


@SLEEPS_TOO.with_args(case=[case for case in CASES if case[-1] == 0 and case[1] not in FLOODS])
def test_report(kernel, start, case):
    report(kernel, start, case)


# The base has no levels. What the panic says is lost, or the CPU that waits for the console cannot be stopped.
@control(r"the log in the dump does not say why|the kernel does not complain of 'Kernel panic|the kernel complains: .* machine_kexec\+",
         case=[case for case in CASES if case[1:] == ("kmsg", 2)])
def test_flood(kernel, start, case):
    """Lines of user space are not all that is in the log of the dump."""
    report(kernel, start, case)
