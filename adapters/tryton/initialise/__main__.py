"""`python initialise CONFIG DATABASE SEED`: fill a new Tryton from a seed, so that an operator's day can begin.

Runs in Tryton's own environment. The seed is that of `seed.yaml`, in JSON.
"""

import argparse
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from proteus import Model, Wizard, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.modules.currency.tests.tools import get_currency

Seed = dict[str, Any]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="initialise", description=__doc__)
    parser.add_argument("config", help="Tryton's configuration file")
    parser.add_argument("database")
    parser.add_argument("seed", type=Path)
    return parser.parse_args()


def _company(seed: Seed) -> None:
    party = Model.get("party.party")(name=seed["company"])
    party.save()
    create_company(party, get_currency(seed["currency"]))
    company = get_company()
    company.timezone = seed["zone"]
    company.save()
    create_chart(get_company())
    year = dt.date.today().year  # noqa: DTZ011 - a fiscal year of the place where Tryton runs
    for one in (year - 1, year, year + 1):
        first, last = dt.date(one, 1, 1), dt.date(one, 12, 31)
        fiscal = create_fiscalyear(get_company(), (first, last))
        fiscal.name, fiscal.start_date, fiscal.end_date = str(one), first, last
        set_fiscalyear_invoice_sequences(fiscal).save()
        fiscal.click("create_period")


def _user() -> None:
    """Let the administrator work in the company, with every right of sales, accounts and products."""
    user_model = Model.get("res.user")
    (user,) = user_model.find([("login", "=", "admin")])
    user.company = get_company()
    user.companies.append(get_company()) if get_company() not in user.companies else None
    user.save()
    config.get_config()._context = user_model.get_preferences(True, {})  # noqa: SLF001, FBT003 - as its tools do


def _offers(seed: Seed) -> None:
    accounts = get_accounts()
    tax = create_tax(Decimal(str(seed["taxRate"])) / 100)
    tax.name = tax.description = f"VAT {seed['taxRate']} %"
    tax.save()
    category = Model.get("product.category")(name="Services", accounting=True)
    category.account_revenue, category.account_expense = accounts["revenue"], accounts["expense"]
    category.customer_taxes.append(tax)
    category.save()
    monthly = Model.get("sale.subscription.recurrence.rule.set")(name="Monthly")
    monthly.rules[0].freq, monthly.rules[0].interval = "monthly", 1
    monthly.save()
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    for offer in seed["offers"]:
        template = Model.get("product.template")(name=offer["name"], type="service", default_uom=unit, salable=True)
        template.list_price = Decimal(str(offer["price"]))
        template.account_category = category
        template.products[0].suffix_code = offer["code"]
        template.save()
        if offer["recurring"]:
            (product,) = template.products
            Model.get("sale.subscription.service")(product=product, consumption_recurrence=monthly).save()


def _categories(seed: Seed) -> dict[str, int]:
    """Make the coverage profiles, as categories of parties: Coverage / technology / profile."""
    category = Model.get("party.category")
    root = category(name="Coverage")
    root.save()
    found: dict[str, int] = {}
    for technology, profiles in seed["coverage"].items():
        parent = category(name=technology, parent=root)
        parent.save()
        for profile in profiles:
            made = category(name=profile, parent=parent)
            made.save()
            found[profile] = made.id
    return found


def _party(code: str, name: str) -> Any:
    party = Model.get("party.party")(name=name, code=code)
    while party.addresses:
        party.addresses.pop()
    party.save()
    return party


def _address(party: Any, street: str, city: str) -> Any:
    party.addresses.new(street_unstructured=street, city=city)
    party.save()
    return party.addresses[-1]


def _range(said: Seed) -> range:
    return range(said["first"], said["last"] + 1)


def _parties(seed: Seed) -> None:
    numbers = _range(seed["customers"])
    customers = [{"code": f"CUST-{n}", "name": f"Customer {n}", "accounts": [{"code": f"BA-{n}"}]} for n in numbers]
    for one in (*customers, *seed["parties"]):
        party = _party(one["code"], one["name"])
        address = _address(party, f"Musterweg {one['code']}", "Berlin")
        for account in one["accounts"]:
            party.identifiers.new(code=account["code"], address=address)
            party.save()
            if not account.get("open", True):
                party.identifiers[-1].active = False
                party.save()


def _sites(seed: Seed) -> None:
    profiles = _categories(seed)
    said = seed["sites"]
    usual = [{"code": f"ADDR-{n}", "addresses": 1, "coverage": said["coverage"]} for n in _range(said)]
    for one in (*usual, *seed["furtherSites"]):
        site = _party(one["code"], f"Site {one['code']}")
        for number in range(one["addresses"]):
            _address(site, f"Musterweg {one['code']}, entrance {number + 1}", "Berlin")
        if one.get("coverage"):
            site.categories.append(Model.get("party.category")(profiles[one["coverage"]]))
            site.save()


def _subscriptions(seed: Seed) -> None:
    """Let the products run that customers have already, and bill them."""
    monthly = Model.get("sale.subscription.recurrence.rule.set").find([("name", "=", "Monthly")])[0]
    subscription_model, today = Model.get("sale.subscription"), dt.date.today()  # noqa: DTZ011 - as above
    said = seed["products"]
    (service,) = Model.get("sale.subscription.service").find([("product.code", "=", said["offer"])])
    made = []
    for number in _range(said):
        (account,) = Model.get("party.identifier").find([("code", "=", f"BA-{number}")])
        start = today.replace(day=1)
        subscription = subscription_model(party=account.party, start_date=start, invoice_recurrence=monthly)
        subscription.invoice_address, subscription.reference = account.address, f"PR-{number}"
        line = subscription.lines.new()
        line.quantity, line.start_date, line.service = 1, start, service
        line.description = f"{service.product.name}\n[product=PR-{number}] [site=ADDR-{number}]"
        subscription.save()
        made.append(subscription)
    subscription_model.click(made, "quote")
    subscription_model.click(made, "run")
    for name in ("sale.subscription.line.consumption.create", "sale.subscription.create_invoice"):
        wizard = Wizard(name)
        wizard.form.date = today
        wizard.execute("create_")
    invoices = Model.get("account.invoice").find([("state", "=", "draft")])
    Model.get("account.invoice").click(invoices, "post")


def main() -> None:
    """Fill the database."""
    arguments = _arguments()
    seed = json.loads(arguments.seed.read_text(encoding="utf-8"))
    config.set_trytond(arguments.database, user="admin", config_file=arguments.config)
    _company(seed)
    _user()
    _offers(seed)
    _parties(seed)
    _sites(seed)
    _subscriptions(seed)


if __name__ == "__main__":
    main()
