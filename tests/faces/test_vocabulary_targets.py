"""What the targets of vocabularies say that a face cannot say is what its spoke does not say."""

import pytest

from gateway.canonical.states import OrderState, ServiceState, TaskState
from gateway.faces.tmf622 import v4 as tmf622
from gateway.faces.tmf641 import v4 as tmf641
from gateway.vocabulary.targets import TARGETS

HIDDEN = {OrderState.DRAFT}
TABLES = [
    ("canonical.order-state", "tmf622-v4", tmf622.ORDER_STATE, OrderState),
    ("canonical.order-state", "tmf641-v4", tmf641.ORDER_STATE, OrderState),
    ("canonical.service-state", "tmf641-v4", tmf641.SERVICE_STATE, ServiceState),
    ("canonical.task-state", "tmf622-v4", tmf622.TASK_STATE, TaskState),
    ("canonical.task-state", "tmf641-v4", tmf641.TASK_STATE, TaskState),
]


@pytest.mark.parametrize(("target", "face", "said", "states"), TABLES)
def test_a_face_says_every_state_that_no_table_has_to_declare(target, face, said, states):
    otherwise = {state.value for state in states if state in HIDDEN or said.get(state) != state.value}
    assert TARGETS[target].unsaid[face] == otherwise
