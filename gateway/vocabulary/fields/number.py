"""Telephone numbers: E.164 inside, whatever a system writes."""

from typing import Any, Literal

import phonenumbers
from pydantic import field_validator

from gateway.vocabulary.fields.blank import FieldFile, Misread

__all__ = ["NumberField"]

_FORMS = {
    "national": phonenumbers.PhoneNumberFormat.NATIONAL,
    "international": phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    "e164": phonenumbers.PhoneNumberFormat.E164,
}


class NumberField(FieldFile):
    """`form` is how it is written: `digits` are those of E.164 without the plus; `national` needs the `region`."""

    form: Literal["e164", "digits", "international", "national"]
    region: str

    @field_validator("region")
    @classmethod
    def _known(cls, region: str) -> str:
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"region {region!r} is not known")
        return region

    def read(self, value: Any) -> str:
        """Return the number as `+` and digits. Raises Misread for an extension, and for what no network has."""
        text = str(value).strip()
        if self.form in {"e164", "international"} and not text.startswith("+"):
            raise Misread(f"{text[:20]!r} does not begin with a plus")
        if self.form == "national" and text.startswith(("+", "00")):
            raise Misread(f"{text[:20]!r} is not written as within {self.region}")
        if self.form == "digits" and (not text.isdigit() or text.startswith("0")):
            raise Misread(f"{text[:20]!r} are not the digits of an international number")
        try:
            number = phonenumbers.parse(f"+{text}" if self.form == "digits" else text, self.region)
        except phonenumbers.NumberParseException:
            raise Misread(f"{text[:20]!r} is no telephone number") from None
        if number.extension or not phonenumbers.is_possible_number(number):
            raise Misread(f"{text[:20]!r} is no telephone number of its own")
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def write(self, number: str) -> str:
        """Return a number in E.164 as the system writes it."""
        if self.form == "digits":
            return number.removeprefix("+")
        return str(phonenumbers.format_number(phonenumbers.parse(number), _FORMS[self.form]))

    @staticmethod
    def text(number: str) -> str:
        """Return a number as an example says it."""
        return number
