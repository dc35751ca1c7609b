"""The catalogue as a page for people: generated from the rules' docstrings, never written by hand.

`python -m gateway.rules.document` writes CATALOGUE.md anew.
"""

from collections.abc import Iterable
from pathlib import Path

from gateway.canonical.judgement import Gate
from gateway.rules.catalogue import Catalogue
from gateway.rules.paths import PREDICATE_GATE
from gateway.rules.rule import Rule

__all__ = ["PAGE", "catalogue_markdown", "write"]

PAGE = Path(__file__).parent / "CATALOGUE.md"
"""Where the page stands."""

_TITLES: dict[Gate | None, str] = {
    Gate.INTAKE: "Intake: has this order been qualified?",
    Gate.ORDER_TO_BUILD: "Order to build: is this site ready?",
    Gate.BUILD_TO_ACTIVATION: "Build to activation: was the work done?",
    Gate.ACTIVATION_TO_BILLING: "Activation to billing: can charging begin?",
    Gate.BILLING_TO_CLOSE: "Billing to close: does the bill say what was delivered?",
    None: "Any gate: where the parts that show it are",
}

_HEAD = """# The catalogue

Generated from the rules' docstrings by `python -m gateway.rules.document`; change those, not this page.

A rule that finds something says so with its severity: `warn` changes nothing, `hold` keeps the order at the gate until
it is mended, `reject` refuses it. A fact that a gate requires and that nobody stated holds the gate for that fact."""


def catalogue_markdown(rules: Iterable[Rule]) -> str:
    """Return the page of all rules: a table a gate with the facts it requires, then one section a rule."""
    every = sorted(rules, key=lambda rule: rule.code)
    parts = [_HEAD]
    for gate, title in _TITLES.items():
        mine = [rule for rule in every if rule.gate is gate]
        parts.append(f"# {title}")
        if gate is not None:
            parts.append(f"Required where applicable: {', '.join(f'`{name}`' for name in _required(gate))}.")
        rows = [f"| {rule.code} | {rule.severity.value} | {rule.title} |" for rule in mine]
        parts.append("\n".join(["| code | severity | what has to hold |", "| --- | --- | --- |", *rows]))
        parts += [rule.markdown() for rule in mine]
    return "\n\n".join(parts) + "\n"


def write(page: Path = PAGE) -> None:
    """Write the page of the built-in rules."""
    page.write_text(catalogue_markdown(Catalogue.load().rules), encoding="utf-8")


def _required(gate: Gate) -> tuple[str, ...]:
    return tuple(predicate for predicate, at in PREDICATE_GATE.items() if at is gate)


if __name__ == "__main__":
    write()
