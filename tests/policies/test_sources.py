"""Every number names where it is from, and every document that is named can be found."""

import re
import tomllib
from collections.abc import Iterator

import policies
from policies import PACKAGED

DOCUMENT = re.compile(r"\b[OCT]\d+\b")


def named() -> Iterator[tuple[str, str]]:
    """(file and key, source) of every value."""
    for path in (PACKAGED / "default.toml", *sorted((PACKAGED / "markets").glob("*.toml"))):
        for key, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if isinstance(table, dict):
                yield from ((f"{path.stem} {key}", row["source"]) for row in table["values"])


def test_every_document_that_a_value_names_has_a_title_and_a_link() -> None:
    known = policies.sources()
    used = {code for _, source in named() for code in DOCUMENT.findall(source)}
    assert used - known.keys() == set()
    assert known.keys() - used - {"O8"} == set(), "a document that no number rests on (O8: finality)"
    for code, row in known.items():
        assert row.keys() == {"title", "link"}, code
        assert row["title"], code
        assert re.match(r"https?://\S+$", row["link"]), code


def test_how_sure_a_number_is_agrees_with_where_it_is_from() -> None:
    """An official mark rests on an official document or a seed's rule, a third party's on a third party."""
    for path in sorted((PACKAGED / "markets").glob("*.toml")):
        for key, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for row in table["values"] if isinstance(table, dict) else ():
                codes = DOCUMENT.findall(row["source"])
                if row.get("sure") == "official" and codes:
                    assert any(code.startswith("O") for code in codes), (path.stem, key, row)
                if codes and all(code.startswith("T") for code in codes):
                    assert row.get("sure") in {"third party", "default"}, (path.stem, key, row)
