"""Panics in which a step fails: the lines of the kselftest's survive.txt, and the machine for one of them.

A case is what fails, how, the level, whether there is a crash kernel, and panic_on_oops. The base has no levels: there any but
0 stands for crash_kexec_post_notifiers.
"""

import re

from vm.kernel import BUILD

SURVIVE = BUILD / "tree/tools/testing/selftests/panic/survive.txt"
WANTS = ["Kernel panic - not syncing: "]
# What a failure makes the kernel complain of, as it may if the panic comes to it
ALLOWS = ["BUG: ", "Oops", "Internal error: ", "Unable to handle kernel ", "kernel BUG at ", "WARNING: ",
          "general protection fault", "KASAN: maybe ", "[Cc]orruption", "blocked for more than"]
# How something hangs: more than panic() waits for
HANGS = ("hang", "hang_nmi", "lock")
# Seconds: panic_step_timeout= of those
TIMEOUT = 3


def lines():
    """What fails, and how."""
    text = SURVIVE.read_text() if SURVIVE.exists() else ""
    return [tuple(line.split()[:2]) for line in text.splitlines() if not line.startswith("#")]


def name(case):
    fail, how, level, kdump, on_oops = case
    return f"{fail}-{how}-{level}-{'kdump' if kdump else 'restart'}-{on_oops}"


def options(kernel, case):
    """Arguments of a Machine with the job survive.sh."""
    fail, how, level, kdump, on_oops = case
    # the delay before the restart is a loop, which a busy host makes longer: none before a restart that hangs
    delay = -1 if fail == "restart" and how in HANGS else 1
    return {
        "append": " ".join([f"panic={delay}", f"crashkernel={kernel.crashkernel}M" if kdump else "",
                            "panic_on_taint=0x200" if how == "warn" else "",
                            f"panic_step_timeout={TIMEOUT}" if how in HANGS else ""]),
        "variables": {"FAIL": fail, "HOW": how, "LEVEL": level, "KDUMP": 1 if kdump else "", "ON_OOPS": on_oops},
        "wants": WANTS, "allows": ALLOWS, "reboots": True}


def require_survived(vm, case):
    """The dump is there, or without a crash kernel a record after the restart, or the run has failed."""
    fail, how, _, kdump, _ = case
    # if kdump itself fails, the panic goes on as without a crash kernel
    dumped = kdump and (fail != "kdump" or how in ("warn", "slow"))

    def verdict():
        vm.require(vm.stages().count("first") < 2, "it has restarted without a record")
        return any(line.startswith("verdict ") for line in vm.said())
    vm.wait_for("verdict", verdict)
    vm.wait_ok()
    vm.require(vm.stages() == ["first", "dump" if dumped else "again"], f"it went through {vm.stages()}")


def require_cut_short(vm, case):
    """What hangs has been cut short in time, by an NMI or where that is no help by a CPU that took over; or the run has failed."""
    _, how, *_ = case
    log = vm.text("dmesg")
    records = [(float(record[1]), record[2]) for record in re.finditer(r"^\[ *(\d+\.\d+)\] (.*)$", log, re.M)
               if not re.search("NMI received for unknown reason|Dazed and confused", record[2])]
    found = [i for i, (_, text) in enumerate(records) if f"not finished after {TIMEOUT} s" in text]
    if not found:
        return
    (before, _), (cut, text) = records[found[0] - 1], records[found[0]]
    # a second for NMIs, and the host may be busy
    vm.require(TIMEOUT - 0.1 < cut - before < TIMEOUT + 5, f"it was cut short after {cut - before:.1f} s")
    taken_over = how == "hang_nmi" or vm.kernel.arch == "arm64"
    vm.require(("goes on for CPU" in text) == taken_over, f"a CPU {'has not' if taken_over else 'has'} taken over")
