"""What a vendor subclasses: one contract for each role. The class needs a fixture `target` (contract_tests.target).

class TestMyBilling(BillingContract):
    pass
"""

from contract_tests.adapter.contract import (
    ActivationContract,
    AdapterContract,
    BillingContract,
    CustomerContract,
    FieldWorkContract,
)
from contract_tests.target import SECRET, AdapterTarget, Fault, LegacySide

__all__ = [
    "SECRET",
    "ActivationContract",
    "AdapterContract",
    "AdapterTarget",
    "BillingContract",
    "CustomerContract",
    "Fault",
    "FieldWorkContract",
    "LegacySide",
]
