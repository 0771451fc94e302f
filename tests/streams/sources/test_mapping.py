"""CloudEvents with foreign types and fields, and the two files of the sources."""

from pathlib import Path

import pytest

from detectors.facts import Fact
from streams.settings import SettingError, load_feeds
from streams.sources import load_sources
from streams.sources.fields import Fields
from streams.sources.mapping import Renaming
from streams.sources.shops import load_shops
from tests.streams.sources.reading import dead, ingest, raw, sample

MAPPING = """
[[event]]
type = "com.example.order.created"
source = "oms"
becomes = "order.placed"
[event.attributes]
"data.order.no" = "subject"
"data.order.country" = "market"
"data.merchant.id" = "seller"
[event.fields]
"customer.id" = "buyer"
items = "lines"
"items.pos" = "line"
"items.article" = "sku"
storedBy = "fulfilment"
[event.values.fulfilment]
US = "platform"
[event.set]
cod = true
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "file.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_foreign_event_is_read_under_our_names(tmp_path: Path) -> None:
    sources = load_sources(None, written(tmp_path, MAPPING))
    (fact,) = ingest(sources).read_all(raw(sample("foreign_order_created")))
    assert isinstance(fact, Fact)
    assert (fact.type, fact.source, fact.id) == ("order.placed", "oms", "f-1")
    assert (fact.subject, fact.seller, fact.market) == ("77001", "9", "DE")
    assert fact.data == {
        "buyer": "c-5",
        "lines": [{"line": "1", "sku": "A-1", "amount": "19.80"}, {"line": "2", "sku": "A-2", "amount": "5.00"}],
        "currency": "EUR",
        "fulfilment": "platform",
        "cod": True,
    }


def test_another_sources_event_of_that_type_is_unknown(tmp_path: Path) -> None:
    reason, path, _ = dead(sample("foreign_order_created", source="x"), load_sources(None, written(tmp_path, MAPPING)))
    assert (reason, path) == ("unknown_type", "type")


def test_a_field_that_never_came_is_missing(tmp_path: Path) -> None:
    event = sample("foreign_order_created")
    del event["data"]["customer"]
    assert dead(event, load_sources(None, written(tmp_path, MAPPING))) == (
        "missing_field",
        "data.buyer",
        '"data.buyer" is missing; expected in every order.placed.',
    )


ROW = '[[event]]\ntype = "x"\n'
PAID = ROW + 'becomes = "order.paid"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", " has nothing of use; expected [[event]] tables with type and becomes"),
        ("event = 1", " has nothing of use; expected [[event]] tables with type and becomes"),
        ("[[evnt]]", ' has "evnt"; expected [[event]] tables with type and becomes'),
        (ROW + 'becomes = "o"', ', [[event]] number 1: becomes is "o", which is no event type of the contract'),
        (ROW, ", [[event]] number 1: Object missing required field `becomes`"),
        (ROW + "becomes = 1", ", [[event]] number 1: becomes: Expected `str`, got `int`"),
        (
            PAID + "feilds = {}",
            f', [[event]] number 1: "feilds" is not known; expected {", ".join(Renaming.__struct_fields__)}',
        ),
        (
            PAID + 'attributes = { "a" = "buyer" }',
            ', [[event]] number 1: attributes has "buyer"; expected market, recordedtime, seller, subject, time',
        ),
    ],
)
def test_a_mapping_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingError) as error:
        load_sources(None, path)
    assert str(error.value) == f"the mapping file {path}{told}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", 'the shops file {} has no shops; expected one table [shops] with rows like "749" = "JP"'),
        ("[shop]\n1 = 'JP'", 'the shops file {} has "shop"; expected one table [shops] with rows like "749" = "JP"'),
        ("[shops]\n1 = 81", 'the shops file {}: the market of "1" is no text; write it like "JP"'),
    ],
)
def test_a_shops_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingError) as told:
        load_sources(path, None)
    assert str(told.value) == sentence.format(path)


def test_files_that_are_not_there_or_no_toml(tmp_path: Path) -> None:
    for name, shops, mapping in (("shops", tmp_path / "no", None), ("mapping", None, tmp_path / "no")):
        with pytest.raises(SettingError) as told:
            load_sources(shops, mapping)
        assert str(told.value) == f"the {name} file {tmp_path / 'no'} cannot be read: No such file or directory"
    broken = written(tmp_path, "[shops")
    for shops, mapping in ((broken, None), (None, broken)):
        with pytest.raises(SettingError, match="is no TOML: "):
            load_sources(shops, mapping)


def test_the_files_of_the_page_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8")
    shops, feeds, mapping = (part.partition("```")[0] for part in page.split("```toml\n")[1:])
    assert load_feeds(written(tmp_path, feeds)).delivers("cancellation.requested", "JP")
    assert load_shops(written(tmp_path, shops)).of(Fields({"shop_id": 4463798}, "", ""), "doudian") == (
        "4463798",
        "CN",
        "doudian/4463798",
    )
    (fact,) = ingest(load_sources(None, written(tmp_path, mapping))).read_all(raw(sample("foreign_order_created")))
    assert isinstance(fact, Fact)
    assert (fact.type, fact.data["lines"][1]["sku"], fact.data["cod"]) == ("order.placed", "A-2", False)
