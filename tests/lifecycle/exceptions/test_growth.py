"""The growth exponent, against known values and simulated processes."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from gateway.canonical.exceptions import GroupEvent
from gateway.lifecycle.exceptions.growth import chi_square_quantile, growth_of
from gateway.lifecycle.exceptions.metrics import growth_by_cause, metrics_of
from gateway.ports.exceptions import Numbers, Opening, Seen

T0 = datetime(2026, 3, 1, tzinfo=UTC)


# Two degrees: -2·ln(1-p). The others stand in every table of χ².
@pytest.mark.parametrize(
    ("probability", "degrees", "wanted"),
    [
        (0.5, 2, 2 * math.log(2)),
        (0.975, 2, -2 * math.log(0.025)),
        (0.025, 2, -2 * math.log(0.975)),
        (0.025, 10, 3.246973),
        (0.975, 10, 20.483177),
        (0.025, 20, 9.590777),
        (0.975, 20, 34.169607),
        (0.95, 60, 79.081944),
        (0.025, 100, 74.221927),
        (0.975, 100, 129.561197),
    ],
)
def test_quantiles_are_those_of_the_tables(probability, degrees, wanted):
    assert chi_square_quantile(probability, degrees) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("degrees", [2_000, 20_000, 200_000])
def test_quantiles_of_many_degrees_come_near_to_the_normal_ones(degrees):
    for probability, z in ((0.025, -1.959964), (0.975, 1.959964)):
        near = degrees * (1 - 2 / (9 * degrees) + z * math.sqrt(2 / (9 * degrees))) ** 3
        assert chi_square_quantile(probability, degrees) == pytest.approx(near, rel=1e-5)


@pytest.mark.parametrize(("probability", "degrees"), [(0.5, 3), (0.5, 0), (0.0, 2), (1.0, 2)])
def test_what_has_no_quantile_is_refused(probability, degrees):
    with pytest.raises(ValueError, match=r"degrees|probability"):
        chi_square_quantile(probability, degrees)


def test_the_estimate_is_that_of_a_hand_calculation():
    growth = growth_of([10, 30, 60], 100)
    total = math.log(10) + math.log(100 / 30) + math.log(100 / 60)
    assert growth.beta == pytest.approx(3 / total)
    assert growth.lower == pytest.approx(3 / total * 1.237344 / 6, rel=1e-5)  # χ² with 6 degrees at 2.5 %
    assert growth.upper == pytest.approx(3 / total * 14.449375 / 6, rel=1e-5)
    assert growth.rate == pytest.approx(1000 * 3 * growth.beta / 100)
    assert growth.verdict == "undecided"


def test_nothing_to_estimate_is_said():
    assert growth_of([], 100).verdict == "none"
    assert growth_of([], 0).beta is None
    assert growth_of([100, 100], 100).verdict == "undecided"
    assert growth_of([0], 10).beta == pytest.approx(1 / math.log(10))


def process(beta, orders, expected, seed):
    """Return the order counts at which exceptions come, of a Poisson process with N(t) = expected·(t/T)^β."""
    drawn = random.Random(seed)
    counts, mass = [], drawn.expovariate(1.0)
    while mass < expected:
        counts.append(orders * (mass / expected) ** (1 / beta))
        mass += drawn.expovariate(1.0)
    return counts


@pytest.mark.parametrize(("beta", "verdict"), [(0.5, "shrinking"), (1.6, "growing")])
def test_a_simulated_process_gives_its_exponent_back(beta, verdict):
    growth = growth_of(process(beta, 10_000, 400, seed=11), 10_000)
    assert growth.lower < beta < growth.upper
    assert growth.verdict == verdict
    assert growth.rate == pytest.approx(1000 * 400 * beta / 10_000, rel=0.2)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    hit = 0
    for seed in range(400):
        growth = growth_of(process(0.8, 5_000, 60, seed), 5_000)
        hit += growth.lower <= 0.8 <= growth.upper
    assert 0.92 <= hit / 400 <= 0.98


def opening(order, minute, *, print_="a", closed=None, **more):
    said = {
        "cause": None, "origin": "hold", "gate": "activation-to-billing", "known_at": "activation-to-billing",
        "fault_class": "imbalance", "adapter": "crm@1", "release": "0.1",
    } | more  # fmt: skip
    at = T0 + timedelta(minutes=minute)
    return Opening(print_, order, at, None if closed is None else T0 + timedelta(minutes=closed), **said)


def test_metrics_are_counted_over_all_orders_and_refused_ones():
    orders = [Seen(f"o{number}", T0 + timedelta(minutes=number)) for number in range(10)]
    openings = [
        opening("o1", 1, closed=11, fault_class="missing-fact", cause="facts arrived: credit.ok productOrder"),
        opening("o2", 2, closed=32, known_at="intake", cause="activate reported"),
        opening("o2", 2, print_="b"),
        opening("o9", 9, closed=9, origin="reject", gate="intake", known_at="intake"),
        opening("o5", 20),
    ]
    events = [GroupEvent(fingerprint="a", at=T0 + timedelta(minutes=15), what="verified")]
    events.append(GroupEvent(fingerprint="a", at=T0 + timedelta(minutes=14), what="staged"))
    found = metrics_of(Numbers(orders, openings, events, touches=4))
    assert (found.orders, found.exceptions, found.per_thousand) == (10, 5, 500.0)
    assert found.first_time_right == 60.0
    assert found.auto_release == 50.0
    assert found.mean_seconds_to_mend == 1200.0
    assert found.recurrence_after_fix == 1
    assert found.escapes == pytest.approx(100 / 3)
    assert found.touches_per_order == 0.5
    assert found.by["fingerprint"] == {"a": 400.0, "b": 100.0}
    assert found.by["gate"] == {"activation-to-billing": 400.0, "intake": 100.0}
    growths = growth_by_cause(Numbers(orders, openings, events))
    assert {name: growth.exceptions for name, growth in growths.items()} == {"a": 4, "b": 1}


def test_metrics_of_nothing_divide_by_nothing():
    found = metrics_of(Numbers())
    assert (found.orders, found.per_thousand, found.first_time_right, found.growth.verdict) == (0, None, None, "none")
