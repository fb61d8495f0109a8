"""Whatever fails in a panic, and however: the dump is there, or without a crash kernel a record, and the machine restarts."""

import itertools

from conftest import control
from vm import survive

# What costs the base the dump or the record, and the restart; make bench T=survive has more of it
BASE = [("info", "panic", 4, True, 1), ("pre_reboot", "overflow", 4, True, 1), ("dumper", "fault", 4, False, 1),
        ("console", "fault", 4, False, 1), ("blink", "fault", 4, False, 1), ("blink", "overflow", 2, False, 0)]


def cases(matrix):
    """Every line at every level, with and without a crash kernel and panic_on_oops; in part, each line once."""
    rest = list(itertools.product(range(5), [True, False], [0, 1]))
    if matrix == "all":
        return [(*line, *others) for line in survive.lines() for others in rest]
    # 7 is prime to 20, so that what fails in 20 lines comes by all of the rest
    return [(*line, *rest[i * 7 % len(rest)]) for i, line in enumerate(survive.lines())]


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        found = cases(metafunc.config.getoption("matrix"))
        found += [case for case in BASE if case not in found]
        metafunc.parametrize("case", found, ids=map(survive.name, found))


@control("no verdict within", case=BASE)
def test_survive(kernel, start, case):
    options = survive.options(kernel, case)
    options["append"] += f" {kernel.ramoops(True)}"
    options["variables"]["DUMPER"] = 1
    # the base hangs, which need not take long
    vm = start(kernel, "survive", timeout=30 if kernel.flavor == "base" else 90, **options)
    with vm:
        survive.require_survived(vm, case)
