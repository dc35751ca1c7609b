"""What the commands on rule sets do."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.table import Table

from gateway.canonical.lifecycle import Trace
from gateway.faces.lifecycle.trace import TraceProblem, trace_from_wire
from gateway.lifecycle.rule_sets.book import RuleBook
from gateway.lifecycle.rule_sets.desk import projection_to_data, row_to_data
from gateway.lifecycle.rule_sets.looking import tried
from gateway.lifecycle.rule_sets.reading import load_rule_set, site_documents
from gateway.ports.errors import SetupError
from gateway.rules.bindings.difference import diff
from gateway.rules.bindings.projection import project
from gateway.rules.engine import Catalogue
from gateway.rules.site.read import look_at, read_site_rule
from gateway.rules.suggest.group import GroupProblem, group_of
from gateway.rules.suggest.suggest import suggest
from gateway.vocabulary.document import parse_documents

__all__ = [
    "activate_rules",
    "check_site_rules",
    "print_difference",
    "project_rules",
    "stage_rules",
    "suggest_rule",
]

_SECONDS = 120.0


def print_difference(old: Path, new: Path, *, as_json: bool) -> int:
    """Print how two rule sets differ. Raises SetupError."""
    catalogue = Catalogue.load()
    before, _ = load_rule_set(old, catalogue)
    after, _ = load_rule_set(new, catalogue)
    rows = [row_to_data(row) for row in diff(before, after, catalogue)]
    if as_json:
        _say_json(rows)
    else:
        _say_difference(rows)
    return 0


def check_site_rules(files: Sequence[Path], *, as_json: bool) -> int:
    """Print what is wrong with site rules; return 1 where anything is."""
    problems: list[SetupError] = []
    good: list[str] = []
    for file in files:
        try:
            for document, path in site_documents(file):
                rule, found = look_at(document, *path)
                problems += found
                if rule is not None:
                    good.append(rule.rule.code)
        except SetupError as error:
            problems.append(error)
    for code in sorted({code for code in good if good.count(code) > 1}):
        problems.append(SetupError(f"rule {code} stands twice", "give each site rule a code of its own"))
    if as_json:
        said = [{"file": one.file, "line": one.line, "reason": one.reason, "fix": one.fix} for one in problems]
        _say_json({"rules": good, "problems": said})
    else:
        for one in problems:
            print(f"{one.reason}\n    fix: {one.fix}")  # noqa: T201 - plain lines, which editors can jump to
        print(f"{len(good)} rules are sound, {len(problems)} things are wrong")  # noqa: T201
    return 1 if problems else 0


def project_rules(rules: Path, files: Sequence[Path], codes: Sequence[str], *, as_json: bool) -> int:
    """Print what rules would do to traces if they were enforced; return 2 where a trace cannot be read."""
    built_in = Catalogue.load()
    rule_set, _ = load_rule_set(rules, built_in)
    catalogue = RuleBook(built_in).bound(rule_set)
    wanted = tuple(codes) or tried(catalogue)
    unknown = [code for code in wanted if catalogue.rule(code) is None]
    if unknown or not wanted:
        reason = f"there is no rule {unknown[0]}" if unknown else "no rule is on trial"
        raise SetupError(reason, "name a rule with --rule CODE, or bind one to dry-run", file=str(rules))
    try:
        found = project(_traces(files), catalogue, wanted)
    except (TraceProblem, orjson.JSONDecodeError, OSError) as error:
        Console(stderr=True).print(f"cannot be read: {error}", markup=False)
        return 2
    said = [projection_to_data(one) for one in found]
    if as_json:
        _say_json(said)
    else:
        _say_projection(said)
    return 0


async def stage_rules(file: Path, who: str, url: str, *, as_json: bool) -> int:
    """Stage a rule set at a running gateway and print what it answers; return 1 where it refuses."""
    _, text = load_rule_set(file, Catalogue.load())
    async with _client(url) as http:
        return _told(await _post(http, "/rule-sets", {"document": text, "who": who}), as_json=as_json)


async def activate_rules(what: str, who: str, url: str, *, force: bool, reason: str, as_json: bool) -> int:
    """Put a rule set into force at a running gateway, staging it first where a file is named."""
    async with _client(url) as http:
        number = what
        if not what.isdigit():
            _, text = load_rule_set(Path(what), Catalogue.load())
            staged = await _post(http, "/rule-sets", {"document": text, "who": who})
            if staged.status_code != 201:
                return _told(staged, as_json=as_json)
            number = str(staged.json()["number"])
        body: dict[str, Any] = {"who": who, "force": force, "reason": reason}
        return _told(await _post(http, f"/rule-sets/{number}/activate", body), as_json=as_json)


def suggest_rule(file: Path, code: str, *, as_json: bool) -> int:
    """Print the earliest gate for a group and a rule for it; return 1 where the facts do not give one."""
    try:
        group = group_of(orjson.loads(file.read_bytes()))
    except (GroupProblem, orjson.JSONDecodeError) as error:
        raise SetupError(str(error), 'write {"rule": …, "gate": …, "members": […]}', file=str(file)) from None
    found = suggest(group, code=code)
    if found.rule is not None:
        (document,) = parse_documents(found.rule, "the suggested rule")
        read_site_rule(document)  # what is handed out loads, and does as its examples say
    if as_json:
        gate = found.gate.value if found.gate is not None else None
        said = {"gate": gate, "foundAt": found.found_at.value, "earlier": found.is_earlier, "facts": list(found.facts)}
        _say_json({**said, "orders": found.orders, "why": found.why, "rule": found.rule})
    else:
        where = found.gate.value if found.gate is not None else "nowhere earlier"
        print(f"# found at {found.found_at.value}, could be seen at {where}: {found.why}")  # noqa: T201
        print(found.rule or "# no rule can be written from the facts alone")  # noqa: T201
    return 0 if found.rule is not None else 1


def _traces(files: Sequence[Path]) -> Iterator[Trace]:
    for file in files:
        body = file.read_bytes()
        texts = body.splitlines() if file.suffix == ".jsonl" else [body]
        yield from (trace_from_wire(orjson.loads(text)) for text in texts if text.strip())


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url.rstrip("/") + "/lifecycle/v1", timeout=_SECONDS, trust_env=False)


async def _post(http: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> httpx.Response:
    try:
        return await http.post(path, json=body)
    except httpx.HTTPError as error:
        raise SetupError(
            f"no gateway answers at {http.base_url}: {error}", "start one, or name another with --url"
        ) from None


def _told(answer: httpx.Response, *, as_json: bool) -> int:
    said = answer.json()
    if as_json:
        _say_json(said)
    elif answer.is_success:
        _say_rule_set(said)
    else:
        Console().print(
            f"refused ({answer.status_code}): {said.get('reason')}. Fix: {said.get('message')}", markup=False
        )
    return 0 if answer.is_success else 1


def _say_json(said: Any) -> None:
    sys.stdout.write(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode() + "\n")


def _say_rule_set(said: Mapping[str, Any]) -> None:
    check, console = said["check"], Console()
    console.print(
        f"rule set {said['number']}, {said['name']} version {said['version']}: {said['status']}", markup=False
    )
    _say_difference(check["diff"])
    orders = check["orders"]
    console.print(
        f"{orders['checked']} of {orders['openOrders']} open orders judged: {orders['newlyHeld']} newly held, "
        f"{orders['released']} released, {orders['unchanged']} unchanged",
        markup=False,
    )
    for one in orders.get("heldOrders", ()):
        console.print(f"  {one['order']} for {', '.join(one['for'])}", markup=False)
    if check["projection"]:
        _say_projection(check["projection"])


def _say_difference(rows: Sequence[Mapping[str, str]]) -> None:
    table = Table("effect", "what", "about", "was", "is", title="differences" if rows else "no differences")
    for row in rows:
        table.add_row(row["effect"], row["kind"], row["about"], row["was"], row["now"])
    Console().print(table)


def _say_projection(rows: Sequence[Mapping[str, Any]]) -> None:
    table = Table("rule", "orders", "would hold", "would refuse", "of these new", "rate", "95 % interval")
    for row in rows:
        low, high = row["interval"]
        counts = [str(row[name]) for name in ("orders", "wouldHold", "wouldReject", "newly")]
        table.add_row(row["rule"], *counts, f"{row['rate']:.2%}", f"{low:.2%} to {high:.2%}")
    Console().print(table)
