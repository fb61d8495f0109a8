"""/sys/kernel/debug/panic_notifiers: what is registered, and where kdump comes in it."""

import pytest

from conftest import EVERY_LEVEL, ONE_ARCH, control, no_control

ORDER = ["hypervisor", "info", "pre_reboot", "post_reboot"]


@pytest.mark.parametrize("dumper", [False, True], ids=["no-dumper", "dumper"])
@pytest.mark.parametrize("level", EVERY_LEVEL)
@ONE_ARCH
@control("there is no list of callbacks", level=[2], dumper=[True])
def test_list_of_callbacks(kernel, start, level, dumper):
    vm = start(kernel, "list", f"panic_notifiers_level={level} {kernel.ramoops(dumper)}", wants=[],
               files=[module for module in kernel.modules() if module.stem.startswith("pvpanic")])
    with vm:
        vm.wait_ok()
    text = vm.text("notifiers")

    def require(condition, what):
        vm.require(condition, f"{what}:\n{text}")

    require(vm.text("mode").startswith("-r--------"), f"the mode is {vm.text('mode')}")
    lines = [line.split(maxsplit=2) for line in text.splitlines()]
    kdump = [i for i, line in enumerate(lines) if line[0] == "--"]
    require(len(kdump) == 1, "kdump is not there once")
    require(" ".join(lines[kdump[0]]).startswith(f"-- kdump at panic_notifiers_level={level}"), "the level is another")
    last = {0: -1, 1: 0, 2: 1 if dumper else 0, 3: 1, 4: 2}[level]
    require({line[0] for line in lines[:kdump[0]]} == set(ORDER[:last + 1]), "kdump is in another place")
    del lines[kdump[0]]
    names = [line[0] for line in lines]
    require(names == sorted(names, key=ORDER.index), "the lists are not in their order")
    for name in ORDER:
        priorities = [int(line[1]) for line in lines if line[0] == name]
        require(priorities == sorted(priorities, reverse=True), f"the {name} list is not ordered by priority")
        count = [line[2] for line in lines if line[0] == name].count("test_panic_notify [test_panic_notifiers]")
        require(count == 1, f"test_panic_notifiers is {count} times on the {name} list")
    require(["hypervisor", "2147483647", "pvpanic_crash_loaded_notify [pvpanic]"] in lines, "pvpanic is missing")
    require(["pre_reboot", "-2147483647", "pvpanic_panicked_notify [pvpanic]"] in lines, "pvpanic's last is missing")
    require(lines[names.index("info")] == ["info", "2147483647", "rcu_panic"], "rcu_panic is not first")


@no_control("the base has no list; test_list_of_callbacks shows it")
def test_list_of_callbacks_while_modules_come_and_go(kernel, start):
    vm = start(kernel, "list-changes", wants=[])
    with vm:
        vm.wait_ok()
