"""Vocabularies of the reference adapters, each with one line that somebody has written wrongly before."""

from dataclasses import dataclass

from gateway.ports.adapter import Role


@dataclass(frozen=True)
class Spoiled:
    """What stands in `codes.yaml`, what stands there instead, and the check and row that have to name it."""

    name: str
    role: Role
    said: str
    instead: str
    code: str
    row: str


SPOILED = [
    Spoiled(
        "two states swapped",
        Role.FIELD_WORK,
        "  CPD: {to: completed, rel: equivalent, class: {terminal: true, billable: true}}\n"
        "  CXL: {to: cancelled, rel: equivalent, class: {terminal: true, billable: false}}",
        "  CXL: {to: completed, rel: equivalent, class: {terminal: true, billable: true}}\n"
        "  CPD: {to: cancelled, rel: equivalent, class: {terminal: true, billable: false}}",
        "VOC-1",
        "inverse of 'completed' is 'CPD', which means 'cancelled'",
    ),
    Spoiled(
        "a unit of another size",
        Role.ACTIVATION,
        "  K: {to: kbit/s, rel: equivalent}",
        "  K: {to: Mbit/s, rel: equivalent}",
        "VOC-1",
        "activation-rate-unit",
    ),
    Spoiled(
        "bytes for bits",
        Role.ACTIVATION,
        "  K: {to: kbit/s, rel: equivalent}",
        "  K: {to: kbit/s, rel: equivalent, factor: 8}",
        "VOC-1",
        "'500000 K' is 4000000 kbit/s, and an example says '500 Mbit/s'",
    ),
    Spoiled(
        "a code without a row",
        Role.CUSTOMER,
        "  GSL: {to: closed, rel: equivalent}\n",
        "",
        "VOC-1",
        "code 'GSL' has no row",
    ),
    Spoiled(
        "another zone",
        Role.CUSTOMER,
        'form: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin',
        'form: "%d.%m.%Y %H:%M:%S", zone: UTC',
        "VOC-1",
        "an example says '2026-01-15T07:30:00Z'",
    ),
    Spoiled(
        "day and month swapped",
        Role.CUSTOMER,
        'GUELTIG_BIS: {is: day, form: "%d.%m.%Y"',
        'GUELTIG_BIS: {is: day, form: "%m.%d.%Y"',
        "VOC-1",
        "crm-field",
    ),
    Spoiled(
        "a move that we do not make",
        Role.FIELD_WORK,
        "  CPD: []\n  CXL: []\n",
        "  CPD: {WIP: []}\n  CXL: []\n",
        "VOC-1",
        "'CPD' is terminal and moves on",
    ),
    Spoiled(
        "a reason that is not carried",
        Role.FIELD_WORK,
        '  WIP: {to: inProgress, rel: narrower, note: "a crew is at work"',
        '  WIP: {to: inProgress, rel: equivalent, note: "a crew is at work"',
        "VOC-3",
        "one is equivalent to 'inProgress' and another is not",
    ),
    Spoiled(
        "too few examples",
        Role.BILLING,
        """examples:
  - {legacy: EUR, canonical: EUR}
  - {legacy: CHF, canonical: CHF}
  - {legacy: GBP, canonical: GBP}
  - {legacy: USD, canonical: USD}
""",
        "",
        "VOC-4",
        "mistakes would be noticed, and 98 % are wanted",
    ),
]
