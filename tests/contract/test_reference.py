"""The reference adapters pass the contract of their roles, each through the plug-in as a vendor would run it."""

import pytest

from contract_tests.adapter import ActivationContract, BillingContract, CustomerContract, FieldWorkContract
from tests.contract.simulated import target_of

pytestmark = pytest.mark.server


@pytest.fixture
def target(request, simulation):
    return target_of(simulation, request.cls.role)


class TestCrm(CustomerContract):
    pass


class TestField(FieldWorkContract):
    pass


class TestActivation(ActivationContract):
    pass


class TestBilling(BillingContract):
    pass
