"""The shape of a site rule's file."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic.alias_generators import to_camel

from gateway.canonical.judgement import Gate, Severity
from gateway.canonical.states import BlockedBy
from gateway.rules.bindings.modes import Mode

__all__ = ["HANDOFFS", "Definition", "Example", "Examples", "Stage"]

HANDOFFS: dict[str, Gate] = {
    "intake": Gate.INTAKE,
    "order->build": Gate.ORDER_TO_BUILD,
    "build->activation": Gate.BUILD_TO_ACTIVATION,
    "activation->billing": Gate.ACTIVATION_TO_BILLING,
    "billing->close": Gate.BILLING_TO_CLOSE,
    **{gate.value: gate for gate in Gate},
}
"""How a file may name each gate."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Stage(StrEnum):
    """How far a site rule has come; each stage is a mode."""

    PROPOSED = "proposed"
    DRY_RUN = "dryrun"
    WARN = "warn"
    ENFORCED = "enforced"
    RETIRED = "retired"

    @property
    def mode(self) -> Mode:
        """How a rule of that stage is taken, where no binding says otherwise."""
        return _MODES[self]


_MODES = {
    Stage.PROPOSED: Mode.OFF,
    Stage.DRY_RUN: Mode.DRY_RUN,
    Stage.WARN: Mode.WARN,
    Stage.ENFORCED: Mode.ENFORCE,
    Stage.RETIRED: Mode.OFF,
}


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Shape):
    """One situation: the variables of the expressions, as far as they matter, and the facts that are known.

    `facts` maps `resource.assigned` (about whatever is asked for) or `resource.assigned item:1` to the fact's value.
    """

    name: Text
    item: dict[str, Any] | None = None
    order: dict[str, Any] | None = None
    service: dict[str, Any] | None = None
    services: list[dict[str, Any]] | None = None
    params: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    now: str | None = None
    facts: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Examples(_Shape):
    """Situations that pass, that fail, and that look bad and are not. None of the three may be empty."""

    passing: list[Example] = Field(alias="pass", min_length=1)
    fail: list[Example] = Field(min_length=1)
    benign: list[Example] = Field(min_length=1)


class Definition(_Shape):
    """A site rule as it is written. `expression` says what has to hold where `applies` does."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    code: Annotated[str, StringConstraints(pattern=r"^SITE-\d{3,}$")]
    version: int = Field(default=1, ge=1)
    title: Text
    human: Text
    level: int = Field(default=7, ge=1, le=9)
    handoff: str
    applies: Text = "true"
    reads: list[Text] = Field(default_factory=list)
    expression: Text
    message: Text
    path: Text = "/"
    on_missing: Literal["pass", "hold", "fail"] = Field(default="hold", alias="on_missing")
    on_error: Literal["pass", "hold", "fail"] = Field(default="hold", alias="on_error")
    severity: Severity = Severity.HOLD
    blocked_by: Literal["customer", "provider"] = "provider"
    owner: Text
    remedy: Text
    loss: Text
    source: Text = "operator"
    params: dict[str, Any] = Field(default_factory=dict)
    examples: Examples
    lifecycle: Stage = Stage.PROPOSED

    @field_validator("handoff")
    @classmethod
    def _is_a_gate(cls, said: str) -> str:
        if said not in HANDOFFS:
            raise ValueError(f"there is no handoff {said!r}; there are {', '.join(HANDOFFS)}")
        return said

    @property
    def gate(self) -> Gate:
        """The gate that its handoff names."""
        return HANDOFFS[self.handoff]

    @property
    def waits_for(self) -> BlockedBy:
        """Who has to act where it finds something."""
        return BlockedBy(self.blocked_by)
