"""Journeys once more, with everything kept in PostgreSQL."""

import pytest

from tests.app.test_facts import (
    test_a_decision_to_hold_is_explained_as_it_was_even_after_the_fact_arrived as _explained,
)
from tests.app.test_journeys import (
    test_a_bill_on_demand as _bill_on_demand,
)
from tests.app.test_journeys import (
    test_a_cancellation_in_flight_calls_back_what_was_sent as _cancelled,
)
from tests.app.test_journeys import (
    test_a_listener_hears_of_an_order_from_its_creation_to_its_completion as _heard,
)
from tests.app.test_journeys import (
    test_a_missing_qualification_holds_and_its_arrival_releases_that_order_alone as _released,
)
from tests.app.test_journeys import (
    test_a_new_line_ends_with_its_bill as _billed,
)

pytestmark = pytest.mark.server

JOURNEYS = (_billed, _released, _cancelled, _heard, _bill_on_demand, _explained)


@pytest.fixture
def store(postgres_url):
    return postgres_url


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__.removeprefix("test_"))
async def test_it_goes_as_it_does_on_a_file(gateway, journey):
    await journey(gateway)
