"""What a landscape file may say of an upstream that speaks TMF641 or TMF622."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["CancelBy", "Face", "LookUp", "TmfSettings", "Version"]


class Face(StrEnum):
    """Which API the upstream takes orders by."""

    TMF641 = "tmf641"
    TMF622 = "tmf622"


class Version(StrEnum):
    """Which version of it."""

    V4 = "v4"
    V5 = "v5"


class LookUp(StrEnum):
    """How an order is found again by our name for it."""

    EXTERNAL_ID = "externalId"
    NONE = "none"  # the upstream drops it: an order whose answer was lost waits for a person


class CancelBy(StrEnum):
    """How an order is cancelled."""

    TASK = "task"  # cancelServiceOrder, cancelProductOrder
    PATCH = "patch"  # the order's state is set
    NONE = "none"


class TmfSettings(BaseModel):
    """Where the upstream is, and its dialect.

    `prefix`, `order_path`, `item_key` and `filter` stand in place of the usual. `customer` and `billing_account` are
    what the upstream calls us, as a product order names it, and `offerings` what it calls each offering of ours.
    `trusts_milestone` names a milestone of the upstream that says that a service was tested: what it backs counts as
    corroborated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    face: Face = Face.TMF641
    version: Version = Version.V4
    token: SecretStr | None = None
    prefix: str | None = None
    order_path: str | None = None
    item_key: str | None = None
    filter: str | None = None
    lookup: LookUp = LookUp.EXTERNAL_ID
    cancel: CancelBy = CancelBy.TASK
    customer: str | None = None
    billing_account: str | None = None
    offerings: Mapping[str, str] = Field(default_factory=dict)
    trusts_milestone: str | None = None
    poll_seconds: float = Field(default=5.0, gt=0)
    answer_seconds: float = Field(default=15.0, gt=0)
    vocabulary: str | None = None
