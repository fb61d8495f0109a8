"""The kernel's own tests of the freezing: its selftest and its KUnit tests."""

import re

from conftest import no_control


@no_control("the base has no such tests")
def test_in_tree(kernel, run):
    files = sorted((kernel.source / "tools/testing/selftests/power").glob("freeze_*.sh"))
    assert files
    vm = run(kernel, "in_tree", "kunit.enable=1", files=files)
    passed = [line for line in vm.said() if line.startswith("passed ")]
    vm.require(passed == [f"passed {file.name}" for file in files], f"of the selftests only: {passed}")
    results = vm.text("results")
    vm.require("not ok" not in results and len(re.findall(r"^ *ok", results, re.M)) > 10, f"KUnit: {results}")
