"""Panics in which a step fails: the lines of the kselftest's survive.txt, and the machine for one of them.

A case is what fails, how, the level, whether there is a crash kernel, and panic_on_oops. The base has no levels: there any but
0 stands for crash_kexec_post_notifiers.
"""

from vm.kernel import BUILD

SURVIVE = BUILD / "tree/tools/testing/selftests/panic/survive.txt"
WANTS = ["Kernel panic - not syncing: "]
# What a failure makes the kernel complain of, as it may if the panic comes to it
ALLOWS = ["BUG: ", "Oops", "Internal error: ", "Unable to handle kernel ", "kernel BUG at ", "WARNING: ",
          "general protection fault", "KASAN: maybe ", "[Cc]orruption", "blocked for more than"]
# How something hangs: more than panic() waits for
HANGS = ("hang", "hang_nmi", "lock")


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
    return {
        "append": " ".join(["panic=1", f"crashkernel={kernel.crashkernel}M" if kdump else "",
                            "panic_on_taint=0x200" if how == "warn" else "",
                            "panic_step_timeout=3" if how in HANGS else ""]),
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
