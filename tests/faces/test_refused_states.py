"""A state that cannot be had is refused with those that can, in the words of the version that asked."""

import pytest

from gateway.canonical.states import OrderState
from gateway.ports.errors import IllegalTransition, StateNotForClients

pytestmark = pytest.mark.usefixtures("checked")

V4, V5 = (f"/tmf-api/productOrderingManagement/{version}/productOrder" for version in ("v4", "v5"))
S = OrderState
FOLLOWING = (S.ACCEPTED, S.IN_PROGRESS, S.HELD, S.DRAFT)
WORDS = {
    V4: ["held", "inProgress"],  # v4 has no finer word, and shows no drafts
    V5: ["draft", "held", "inProgress", "inProgress.accepted"],
}


@pytest.fixture
async def address(faces, order):
    """Where an order stands, without its version."""
    made = (await faces.http.post(V4, json=order)).json()
    return made["id"]


@pytest.mark.parametrize("base", [V4, V5])
async def test_an_illegal_state_is_refused_with_those_that_may_follow(faces, address, refused, fits, base):
    faces.desk.refusal = IllegalTransition(S.ACKNOWLEDGED, S.COMPLETED, FOLLOWING)
    answer = await faces.http.patch(f"{base}/{address}", json={"state": "completed"})
    error = refused(answer, 422)
    fits(answer)
    assert (error["code"], error["allowed"]) == ("illegalTransition", WORDS[base])
    assert all(word in error["message"] for word in WORDS[base])


@pytest.mark.parametrize("base", [V4, V5])
async def test_a_state_that_follows_from_facts_is_refused_with_what_to_do_instead(faces, address, refused, fits, base):
    faces.desk.refusal = StateNotForClients(S.ACKNOWLEDGED, S.IN_PROGRESS, (), "post the missing fact")
    answer = await faces.http.patch(f"{base}/{address}", json={"state": "inProgress"})
    error = refused(answer, 409)
    fits(answer)
    assert (error["code"], error["allowed"], error["message"]) == ("stateFollowsFacts", [], "post the missing fact")


@pytest.mark.parametrize("base", [V4, V5])
async def test_the_same_state_changes_nothing(faces, address, base):
    before = (await faces.http.get(f"{base}/{address}")).json()
    answer = await faces.http.patch(f"{base}/{address}", json={"state": before["state"]})
    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, before, '"1"')
    assert not [call for call in faces.desk.calls if call[0] == "amend"]
