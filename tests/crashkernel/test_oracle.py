"""How much the oracle of the places leaves open: an oracle that allows everything would find nothing."""

from collections import Counter

from conftest import no_control
from vm.places import ROWS, SLACK, MiB, places


@no_control("it runs no kernel")
def test_few_places_have_more_than_one_outcome(request, record_property):
    every = request.config.getoption("matrix") == "all"
    answers = [place.outcomes() for row in ROWS for place in places(row, every)]
    reasons = Counter(" and ".join(doubts) for allowed, doubts in answers if len(allowed) > 1)
    total = sum(reasons.values())
    record_property("note", "\n".join([
        f"crashkernel=: at {total} of {len(answers)} places the oracle allows more than one outcome. It does not know what "
        f"early boot has taken of the memory, up to {SLACK // MiB} MiB, and so not",
        *(f"  {reason} ({count})" for reason, count in reasons.most_common())]))
    assert "" not in reasons
    assert total * 10 < len(answers)
