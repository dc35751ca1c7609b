"""The page of the catalogue says what the docstrings say."""

from gateway.rules.document import PAGE, catalogue_markdown, write


def test_the_page_is_fresh(catalogue):
    said = PAGE.read_text(encoding="utf-8")
    assert said == catalogue_markdown(catalogue.rules), "run python -m gateway.rules.document"


def test_the_page_has_every_rule_with_its_sections(catalogue):
    said = catalogue_markdown(catalogue.rules)
    for rule in catalogue.rules:
        assert rule.markdown() in said
        assert f"## {rule.code} {rule.name.replace('_', '-')}" in said
        assert "**How to fix.**" in rule.markdown()


def test_writing_the_page_twice_changes_nothing(tmp_path):
    page = tmp_path / "CATALOGUE.md"
    write(page)
    first = page.read_bytes()
    write(page)
    assert page.read_bytes() == first
