"""Only with --matrix=all: which places of each row of vm/places.py the base gets wrong."""

import pytest

from conftest import no_control
from vm.kernel import Kernel
from vm.machine import Failure
from vm.places import AS_ON_BASE, ROWS, judge, places


@no_control("it is the base that it looks at")
@pytest.mark.parametrize("row", ROWS)
def test_every_place_on_base(row, start, record_property):
    every = list(places(row, every=True))
    wrong = {}
    for place in every:
        vm = start(Kernel("arm64", "base", place.variant), place.board, "place", f"nokaslr {place.line}")
        try:
            with vm:
                vm.wait_ok()
            complaints = judge(place, vm)
        except Failure as failure:
            if not vm.triggers():
                raise
            complaints = [failure.what]
        if complaints:
            wrong[place] = "; ".join(complaints)
    record_property("note", f"crashkernel=: of {len(every)} places of row {row} the base gets {len(wrong)} wrong")
    for place, complaint in wrong.items():
        print(f"{place}: {complaint}")
    assert bool(wrong) == (row not in AS_ON_BASE)
