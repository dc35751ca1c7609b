"""The traps of the CEL library."""

import pytest
from cel_expr_python import cel

from gateway.rules.site.cel import compiled


def refuse(name, subject):
    raise LookupError(name)


def test_an_error_is_no_verdict_though_its_value_is_true_in_python():
    """The library answers with a value that is a text, and a text is true: a rule that broke would pass."""
    raw = cel.NewEnv(variables={"item": cel.Type.DYN}).compile("item.nothing == 1").eval(data={"item": {}})
    assert bool(raw.value()) is True
    assert raw.type() != cel.Type.BOOL
    answer = compiled("item.nothing == 1").run({"item": {}}, refuse, wanted="BOOL")
    assert answer.kind == "absent"
    assert answer.value is not True


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("item.count == 1", "value"),
        ("item.nothing == 1", "absent"),
        ("item['nothing'] == 1", "absent"),
        ("item.count > 'a'", "error"),
        ("1 / (item.count - 1) == 1", "error"),
        ("fact('site.qualified', '1').result == 'ok'", "absent"),
        ("item.count", "error"),
        ("'yes'", "error"),
        ("fact('site.qualified', '1').result == 'ok' || true", "value"),
        ("item.many.all(a, item.many.all(b, a + b >= 0))", "error"),
    ],
)
def test_an_answer_is_one_of_three_things(expression, kind):
    variables = {"item": {"count": 1, "many": list(range(200))}}
    assert compiled(expression).run(variables, refuse, wanted="BOOL").kind == kind


def test_the_budget_ends_a_long_loop():
    answer = compiled("item.many.all(a, item.many.all(b, a + b >= 0))").run(
        {"item": {"many": list(range(200))}}, refuse, wanted="BOOL"
    )
    assert "budget" in answer.value
