"""Whatever fails in a panic, and however: the dump is there, or without a crash kernel a record, and the machine restarts."""

import itertools

import pytest

from conftest import ARCHES, control
from vm import survive

# What hangs, or takes long, in part: each step, each way
LONG_STEPS = [
    ("hypervisor", "hang", 1, True), ("info", "lock", 3, True), ("pre_reboot", "hang", 4, True), ("dumper", "hang", 4, False),
    ("console", "hang", 0, True), ("console", "lock", 2, False), ("panic_print", "hang", 3, True), ("kdump", "hang", 2, True),
    ("blink", "hang", 2, False), ("restart", "hang", 2, False), ("pre_reboot", "slow", 4, True), ("dumper", "slow", 2, False)]
LONG_STEPS = [(ARCHES[i % 2], *case, 1) for i, case in enumerate(LONG_STEPS)] + [
    ("x86_64", "info", "hang_nmi", 3, True, 1), ("x86_64", "console", "hang_nmi", 2, False, 1)]

# What costs the base the dump or the record, and the restart; make bench T=survive has more of it
BASE = [(arch, *case) for arch in ARCHES for case in (
    ("info", "panic", 4, True, 1), ("pre_reboot", "overflow", 4, True, 1), ("dumper", "fault", 4, False, 1),
    ("console", "fault", 4, False, 1), ("blink", "fault", 4, False, 1), ("blink", "overflow", 2, False, 0),
    ("info", "hang", 4, True, 1), ("dumper", "lock", 4, False, 1))]
# All that hangs, for MATRIX=all
HANGS_ON_BASE = [(arch, fail, how, 4, fail not in ("dumper", "console", "blink", "restart"), 1)
                 for fail, how in survive.lines() if how in survive.HANGS for arch in ARCHES
                 if how != "hang_nmi" or arch == "x86_64"]
# in part, those of BASE are enough
HANGS_ON_BASE = [case for case in HANGS_ON_BASE if case not in LONG_STEPS]


def cases(matrix):
    """Every line at every level, with and without a crash kernel and panic_on_oops, on both architectures; in part, every
    fifth line once, on one of them."""
    lines = survive.lines()
    rest = list(itertools.product(range(5), [True, False], [0, 1]))
    if matrix == "all":
        return [(arch, *line, *others) for line in lines for others in rest for arch in ARCHES
                if line[1] != "hang_nmi" or arch == "x86_64"]
    lines = [line for line in lines if line[1] not in (*survive.HANGS, "slow")]
    fails, hows = [list(dict.fromkeys(words)) for words in zip(*lines)]
    lines = [line for line in lines if (fails.index(line[0]) + hows.index(line[1])) % 5 == 0]
    # 7 is prime to 20, so that what fails in 20 lines comes by all of the rest
    return LONG_STEPS + [(ARCHES[i // 2 % 2], *line, *rest[i * 7 % len(rest)]) for i, line in enumerate(lines)]


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        matrix = metafunc.config.getoption("matrix")
        found = cases(matrix)
        # in part, arm64 has every other one
        found += [case for i, case in enumerate(BASE)
                  if case not in found and (matrix == "all" or case[0] == "x86_64" or i % 2 == 0)]
        metafunc.parametrize("case", found, ids=[f"{case[0]}-{survive.name(case[1:])}" for case in found])


@pytest.fixture
def arch(case):
    return case[0]


@control("no verdict within", case=BASE + HANGS_ON_BASE)
def test_survive(kernel, start, case):
    case = case[1:]
    options = survive.options(kernel, case)
    options["append"] += f" {kernel.ramoops(True)}"
    options["variables"]["DUMPER"] = 1
    # the base hangs, which need not take long
    vm = start(kernel, "survive", timeout=20 if kernel.flavor == "base" else 90, **options)
    with vm:
        survive.require_survived(vm, case)
    survive.require_cut_short(vm, case)
