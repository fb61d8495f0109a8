"""Whatever fails in a panic, and however: the dump is there, or without a crash kernel a record, and the machine restarts."""

import itertools

import pytest

from conftest import no_control
from vm.kernel import BUILD

SURVIVE = BUILD / "tree/tools/testing/selftests/panic/survive.txt"
WANTS = ["Kernel panic - not syncing: "]
# What a failure makes the kernel complain of, as it may if the panic comes to it
ALLOWS = ["BUG: ", "Oops", "Internal error: ", "Unable to handle kernel ", "kernel BUG at ", "WARNING: ",
          "general protection fault", "[Cc]orruption", "blocked for more than"]


def lines():
    """What fails, and how."""
    text = SURVIVE.read_text() if SURVIVE.exists() else ""
    return [tuple(line.split()[:2]) for line in text.splitlines() if not line.startswith("#")]


def cases(matrix):
    """Every line at every level, with and without a crash kernel and panic_on_oops; in part, each line once."""
    rest = list(itertools.product(range(5), [True, False], [0, 1]))
    if matrix == "all":
        return [(*line, *others) for line in lines() for others in rest]
    # 7 is prime to 20, so that what fails in 20 lines comes by all of the rest
    return [(*line, *rest[i * 7 % len(rest)]) for i, line in enumerate(lines())]


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        found = cases(metafunc.config.getoption("matrix"))
        metafunc.parametrize("case", found, ids=[
            f"{fail}-{how}-{level}-{'kdump' if kdump else 'restart'}-{on_oops}" for fail, how, level, kdump, on_oops in found])


@no_control("make bench T=survive says what the base makes of the same; test_faults.py and test_locks.py compare single ones")
def test_survive(kernel, start, case):
    fail, how, level, kdump, on_oops = case
    crashkernel = f"crashkernel={kernel.crashkernel}M" if kdump else ""
    vm = start(kernel, "survive", f"panic=1 {crashkernel} {kernel.ramoops(True)}"
               + (" panic_on_taint=0x200" if how == "warn" else ""),
               variables={"FAIL": fail, "HOW": how, "LEVEL": level, "KDUMP": "1" if kdump else "", "ON_OOPS": on_oops,
                          "DUMPER": 1}, wants=WANTS, allows=ALLOWS, reboots=True)
    with vm:
        vm.wait_ok()
    # if kdump itself fails, the panic goes on as without a crash kernel
    dumped = kdump and (fail != "kdump" or how == "warn")
    vm.require(vm.stages() == ["first", "dump" if dumped else "again"], f"it went through {vm.stages()}")
