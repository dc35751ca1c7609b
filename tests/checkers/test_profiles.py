"""The two profiles: strict by default, permissive where somebody says so, and each seen in every answer."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.app.cli import app
from gateway.app.default_data import give_default_data
from gateway.app.plugins import find_plugins
from gateway.app.profiles import face_settings, profile_of, rules_of
from gateway.app.settings import Settings
from gateway.canonical.judgement import Gate
from gateway.canonical.lifecycle import Checkpoint, Lifecycle, ResourceKind, Trace
from gateway.canonical.order import ProductOrder, ProductOrderItem
from gateway.canonical.profile import PERMISSIVE, PROFILES, STRICT, Profile
from gateway.canonical.states import ItemAction
from gateway.lifecycle.draft import Draft
from gateway.lifecycle.gates import PARTS, trace_of
from gateway.lifecycle.rule_sets.book import RuleBook
from gateway.lifecycle.terms import Terms
from gateway.ports.errors import SetupError
from gateway.ports.repository import Aggregate, Query
from gateway.rules.bindings.modes import Mode
from gateway.rules.bindings.rule_set import Binding, RuleSet, Scope
from gateway.rules.engine import Catalogue, judge
from gateway.storage.database import Database
from gateway.storage.repository import SqlRepository
from gateway.vocabulary.landscape import load_landscape

SHIPPED = find_plugins()["simulated-crm"].landscapes["simulated"]
ORDERS = "/tmf-api/productOrderingManagement/v5/productOrder"
SERVICE_ORDERS = "/tmf-api/serviceOrdering/v4/serviceOrder"
BARE = {
    "@type": "ProductOrder",
    "productOrderItem": [{"@type": "ProductOrderItem", "id": "1", "action": "add"}],
}
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def landscape(tmp_path):
    """Load the shipped landscape with other lines at its beginning."""

    def load(*lines):
        file = tmp_path / "landscape.yaml"
        shutil.copy(SHIPPED.parent / "catalogue.yaml", tmp_path)
        file.write_text("\n".join([*lines, SHIPPED.read_text()]))
        return load_landscape(file)

    return load


@pytest.fixture
def service_order(http):
    def send(*lines):
        return http.post(SERVICE_ORDERS, json={"serviceOrderItem": list(lines)})

    return send


def line(number, action, **service):
    return {"id": number, "action": action, "service": service}


# -- which profile holds ---------------------------------------------------------------------------------------------


def test_a_landscape_is_strict_unless_it_says_otherwise(landscape):
    assert profile_of(Settings(), landscape()) is STRICT
    assert profile_of(Settings(), landscape("profile: permissive")) is PERMISSIVE
    assert profile_of(Settings(profile="permissive"), landscape()) is PERMISSIVE
    assert profile_of(Settings(profile="strict"), landscape("profile: permissive")) is STRICT


def test_a_profile_that_is_not_known_does_not_start(landscape):
    with pytest.raises(SetupError, match="profile 'lenient' is not known") as refused:
        landscape("# the first line", "profile: lenient")
    assert refused.value.line == 2


def test_the_command_line_knows_the_profiles():
    for command in (["serve"], ["worker"]):
        said = CliRunner().invoke(app, [*command, "--profile", "lenient"])
        assert isinstance(said.exception, SetupError)
        assert "profile" in said.exception.reason


def test_prefix_aliases_are_a_setting_of_their_own(landscape):
    for profile in (
        profile_of(Settings(prefix_aliases=True), landscape()),
        profile_of(Settings(), landscape("prefixAliases: true")),
    ):
        assert profile == STRICT.with_prefix_aliases(wanted=True)
        assert sorted(face_settings(Settings(), profile).aliases) == [
            f"/tmf-api/{name}/{version}" for name in ("customerBill", "productOrdering") for version in ("v4", "v5")
        ]
    assert profile_of(Settings(prefix_aliases=False), landscape("profile: permissive")).prefix_aliases is False


def test_strict_allows_nothing_that_permissive_allows():
    strict = face_settings(Settings(), STRICT)
    assert (strict.aliases, strict.order_item_alias, strict.partial_status) == ({}, False, {})
    assert strict.headers == {"TMF-Gateway-Profile": "strict"}
    assert rules_of(STRICT).bindings == ()
    assert (STRICT.client_drives, STRICT.default_data) == (False, False)
    assert Terms().profile is STRICT


def test_every_part_of_a_profile_is_documented():
    page = Path(face_settings.__code__.co_filename).with_name("PROFILES.md").read_text(encoding="utf-8")
    assert [name for name in Profile.model_fields if f"`{name}`" not in page] == []
    assert [name for name in PROFILES if f"`{name}`" not in page] == []
    assert [code for code in PERMISSIVE.warned if code not in page] == []


# -- rules that warn -------------------------------------------------------------------------------------------------


def judged(book):
    item = ProductOrderItem(id="1", action=ItemAction.ADD)
    trace = Trace(now=NOW, product_order=ProductOrder(id="o", items=(item, item)))
    return {one.code: one.severity for one in judge(trace, Gate.INTAKE, book.catalogue).findings}


def test_what_needs_reference_data_warns_and_what_contradicts_itself_is_refused():
    strict, permissive = (judged(RuleBook(Catalogue.load(), base=rules_of(one))) for one in (STRICT, PERMISSIVE))
    assert strict.keys() == permissive.keys() >= {"ORD-001", "ORD-002", "ORD-016"}
    assert {strict[code] for code in ("ORD-001", "ORD-002", "ORD-016")} == {"reject"}
    assert (permissive["ORD-001"], permissive["ORD-002"], permissive["ORD-016"]) == ("warn", "warn", "reject")


def test_every_rule_that_warns_is_one():
    assert PERMISSIVE.warned <= {rule.code for rule in Catalogue.load().rules}


def test_what_an_operator_says_of_a_rule_goes_before_the_profile():
    book = RuleBook(Catalogue.load(), base=rules_of(PERMISSIVE))
    book.use(RuleSet("operator", 1, (Binding(Scope("ORD-001"), Mode.ENFORCE),)), 1)
    found = judged(book)
    assert (found["ORD-001"], found["ORD-002"]) == ("reject", "warn")


# -- what clients see ------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize(
    ("method", "path", "status", "alias"),
    [
        ("GET", ORDERS, 200, None),
        ("GET", ORDERS + "/nowhere", 404, None),
        ("PUT", ORDERS, 405, None),
        ("GET", "/nowhere", 404, None),
        ("GET", "/tmf-api/customerBillManagement/v5/openapi.json", 200, None),
        ("GET", "/lifecycle/v1/health", 200, None),
        ("GET", "/tmf-api/productOrdering/v5/productOrder", 200, "/tmf-api/productOrdering/v5"),
        ("GET", "/tmf-api/productOrdering/v4/productOrder/nowhere", 404, "/tmf-api/productOrdering/v4"),
        ("PUT", "/tmf-api/customerBill/v4/customerBill", 405, "/tmf-api/customerBill/v4"),
        ("GET", "/tmf-api/customerBill/v5/billCycle", 200, "/tmf-api/customerBill/v5"),
    ],
)
def test_every_answer_says_the_profile_and_the_alias_that_was_used(http, method, path, status, alias):
    answer = http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["TMF-Gateway-Profile"] == "permissive"
    assert answer.headers.get("TMF-Gateway-Alias") == alias


@pytest.mark.server
def test_lines_may_be_called_by_their_former_name(http):
    made = http.post(SERVICE_ORDERS, json={"orderItem": [line("1", "add")]})
    assert (made.status_code, made.headers["TMF-Gateway-Alias"]) == (201, "orderItem")
    assert [one["id"] for one in made.json()["serviceOrderItem"]] == ["1"]
    assert "orderItem" not in made.json()
    changed = http.patch(f"{SERVICE_ORDERS}/{made.json()['id']}", json={"orderItem": [line("1", "add", name="x")]})
    assert (changed.status_code, changed.headers["TMF-Gateway-Alias"]) == (200, "orderItem")
    assert changed.json()["serviceOrderItem"][0]["service"] == {"name": "x"}
    refused = http.post(SERVICE_ORDERS, json={"orderItem": [{"id": "1"}]})
    assert (refused.status_code, refused.headers["TMF-Gateway-Alias"]) == (400, "orderItem")


# -- orders that their clients move ----------------------------------------------------------------------------------


@pytest.mark.server
def test_nothing_advances_by_itself(http):
    order = http.post(ORDERS, json=BARE).json()
    lifecycle = http.get(f"/lifecycle/v1/orders/{order['id']}").json()
    assert lifecycle["lifecycle"] == lifecycle["lifecycle"] | {"checkpoint": "client", "awaiting": []}
    assert (lifecycle["decisions"], lifecycle["holds"], lifecycle["serviceOrders"]) == ([], [], [])
    assert http.post(f"/lifecycle/v1/orders/{order['id']}/recheck").status_code in {200, 202}
    assert http.get(f"{ORDERS}/{order['id']}").json()["state"] == "acknowledged"


def test_nothing_is_taken_as_known_of_an_order_that_its_client_moves():
    lifecycle = Lifecycle(id="o", root=ResourceKind.PRODUCT_ORDER, checkpoint=Checkpoint.CLIENT)
    trace = trace_of(Draft(Aggregate(lifecycle=lifecycle, product_order=ProductOrder(id="o")), NOW), Terms())
    assert [getattr(trace, part) for part in PARTS] == [None] * len(PARTS)


@pytest.mark.server
def test_a_client_moves_an_order_along_the_table_of_states(http):
    at = f"{ORDERS}/{http.post(ORDERS, json=BARE).json()['id']}"
    refused = http.patch(at, json={"state": "completed"})
    assert (refused.status_code, refused.json()["code"]) == (422, "illegalTransition")
    assert "inProgress" in refused.text
    same = http.patch(at, json={"state": "acknowledged"})
    assert (same.status_code, same.headers["etag"]) == (200, '"1"')
    for state in ("held", "inProgress", "completed"):
        moved = http.patch(at, json={"state": state})
        assert (moved.status_code, moved.json()["state"]) == (200, state)
        assert [one["state"] for one in moved.json()["productOrderItem"]] == [state]
    assert moved.json()["completionDate"]
    assert http.patch(at, json={"state": "inProgress"}).status_code == 422
    events = http.get(f"/lifecycle/v1/orders/{moved.json()['id']}").json()["events"]
    assert [one["state"] for one in events if one["type"] == "stateChange"] == ["held", "inProgress", "completed"]


@pytest.mark.server
def test_a_draft_is_sent_off_and_then_moved(http):
    at = f"{ORDERS}/{http.post(ORDERS, json=BARE | {'requestedInitialState': 'draft'}).json()['id']}"
    states = [http.patch(at, json={"state": state}).json()["state"] for state in ("acknowledged", "inProgress")]
    assert states == ["acknowledged", "inProgress"]


@pytest.mark.server
def test_what_an_order_asks_for_is_settled_once_it_is_being_built(http):
    at = f"{ORDERS}/{http.post(ORDERS, json=BARE).json()['id']}"
    lines = [{"@type": "ProductOrderItem", "id": one, "action": "add"} for one in ("1", "2")]
    assert http.patch(at, json={"productOrderItem": lines}).status_code == 200
    assert http.patch(at, json={"productOrderItem": [lines[0], lines[0]]}).status_code == 422  # two lines of one id
    http.patch(at, json={"state": "inProgress"})
    assert http.patch(at, json={"productOrderItem": lines[:1]}).json()["code"] == "notChangeableNow"


@pytest.mark.server
@pytest.mark.parametrize("action", ["modify", "delete"])
def test_a_service_is_changed_only_where_an_order_added_it(service_order, action):
    refused = service_order(line("1", action, id=f"nobody's {action}"))
    assert (refused.status_code, refused.json()["code"]) == (422, "unknownService")
    assert refused.json()["reason"].startswith("line 1 ")
    assert service_order(line("1", "add", id=f"ours {action}")).status_code == 201
    assert service_order(line("1", action, id=f"ours {action}")).status_code == 201


@pytest.mark.server
def test_an_order_that_its_client_moves_is_cancelled_by_a_task(http):
    order = http.post(SERVICE_ORDERS, json={"serviceOrderItem": [line("1", "add")]}).json()
    tasks = "/tmf-api/serviceOrdering/v4/cancelServiceOrder"
    task = http.post(tasks, json={"serviceOrder": {"id": order["id"]}}).json()
    assert task["state"] == "accepted"
    assert http.post(tasks, json={"serviceOrder": {"id": order["id"]}}).status_code == 409


# -- the default data ------------------------------------------------------------------------------------------------


async def test_a_store_is_filled_once(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
    repository = SqlRepository(database)
    for _ in range(2):
        await give_default_data(repository, Terms(profile=PERMISSIVE), NOW)
    found = {kind: (await repository.find(Query(kind))).total for kind in ResourceKind}
    await database.close()
    assert {kind.value: count for kind, count in found.items() if count} == {
        "productOrder": 1,
        "customerBill": 2,
        "appliedCustomerBillingRate": 3,
        "billCycle": 1,
    }
