"""Settings and feeds: every one read as written, every mistake one sentence that names the way out."""

from dataclasses import fields
from pathlib import Path

import pytest

from streams.settings import SettingError, Settings, load_feeds

ALL = {
    "COUNTERMAND_BROKERS": "k1:9092,k2:19092",
    "COUNTERMAND_GROUP": "g.1",
    "COUNTERMAND_PREFIX": "try-",
    "COUNTERMAND_PARTITIONS": "4",
    "COUNTERMAND_REPLICATION": "3",
    "COUNTERMAND_POLICIES": "/p",
    "COUNTERMAND_FEEDS": "/f.toml",
    "COUNTERMAND_SHOPS": "/s.toml",
    "COUNTERMAND_MAPPING": "/m.toml",
    "COUNTERMAND_LEDGER": "all",
    "COUNTERMAND_CLOCK": "log",
    "COUNTERMAND_METRICS": "127.0.0.1:1",
    "COUNTERMAND_DATA": "/d",
}


def test_every_setting_of_the_contract_is_read() -> None:
    read = Settings.from_env({**ALL, "HOME": "/root", "COUNTERMAND_TEST_KAFKA": "127.0.0.1:9092"})
    assert read == Settings(
        brokers=(("k1", 9092), ("k2", 19092)),
        group="g.1",
        prefix="try-",
        partitions=4,
        replication=3,
        policies=Path("/p"),
        feeds=Path("/f.toml"),
        shops=Path("/s.toml"),
        mapping=Path("/m.toml"),
        ledger="all",
        clock="log",
        metrics=("127.0.0.1", 1),
        data=Path("/d"),
    )
    assert {f"COUNTERMAND_{field.name.upper()}" for field in fields(Settings)} == set(ALL)
    assert read.bootstrap == ["k1:9092", "k2:19092"]


def test_nothing_set_is_the_contracts_defaults() -> None:
    read = Settings.from_env(dict.fromkeys(ALL, ""))
    assert read == Settings()
    assert (read.bootstrap, read.group, read.prefix, read.partitions, read.replication) == (
        ["127.0.0.1:9092"],
        "countermand",
        "",
        8,
        1,
    )
    assert (read.ledger, read.clock, read.metrics) == ("ended", "wall", ("127.0.0.1", 9464))


def test_metrics_may_be_off() -> None:
    assert Settings.from_env({"COUNTERMAND_METRICS": "off"}).metrics is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("COUNTERMAND_BROKER", "a:1", "COUNTERMAND_BROKER is no setting of ours; did you mean COUNTERMAND_BROKERS?"),
        ("COUNTERMAND_XYZZYXYZZYXYZZY", "1", "COUNTERMAND_XYZZYXYZZYXYZZY is no setting of ours"),
        ("COUNTERMAND_BROKERS", "a", 'COUNTERMAND_BROKERS is "a"; expected host:port, like 127.0.0.1:9092'),
        ("COUNTERMAND_BROKERS", "a:1,b:0", 'COUNTERMAND_BROKERS is "b:0"; expected host:port, like 127.0.0.1:9092'),
        ("COUNTERMAND_METRICS", ":80", 'COUNTERMAND_METRICS is ":80"; expected host:port, like 127.0.0.1:9092'),
        ("COUNTERMAND_PARTITIONS", "0", 'COUNTERMAND_PARTITIONS is "0"; expected a whole number from 1 to 10000'),
        ("COUNTERMAND_REPLICATION", "x", 'COUNTERMAND_REPLICATION is "x"; expected a whole number from 1 to 100'),
        ("COUNTERMAND_LEDGER", "some", 'COUNTERMAND_LEDGER is "some"; expected "ended" or "all"'),
        ("COUNTERMAND_CLOCK", "sun", 'COUNTERMAND_CLOCK is "sun"; expected "wall" or "log"'),
        (
            "COUNTERMAND_GROUP",
            "a b",
            'COUNTERMAND_GROUP is "a b"; expected at most 80 of the characters a-z A-Z 0-9 . _ -',
        ),
    ],
)
def test_a_mistake_is_one_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingError) as told:
        Settings.from_env({name: value})
    assert str(told.value) == sentence


def test_feeds_are_read_with_their_patterns(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text('[[feed]]\nsource = "oms"\nmarkets = ["US", "JP"]\ntypes = ["order.*", "message.sent"]\n')
    feeds = load_feeds(path)
    assert feeds.delivers("order.paid", "US")
    assert feeds.delivers("message.sent", "JP")
    assert not feeds.delivers("order.paid", "DE")
    assert not feeds.delivers("cancellation.requested", "US")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[feed]\n", "is no TOML: "),
        ("", "has nothing of use; expected [[feed]] tables with source, markets and types"),
        ('feeds = 1\n[[feed]]\nsource="a"', 'has "feeds"; expected [[feed]] tables with source, markets and types'),
        ('[[feed]]\nsource="a"\nmarkets=["*"]', ", [[feed]] number 1: expected exactly source, markets and types"),
        ('[[feed]]\nsource=1\nmarkets=["*"]\ntypes=["*"]', "source is no text; write it like source = "),
        (
            '[[feed]]\nsource="a"\nmarkets="*"\ntypes=["*"]',
            'markets is no list of texts; write it like markets = ["*"]',
        ),
        (
            '[[feed]]\nsource="a"\nmarkets=["*"]\ntypes=["order.payd"]',
            'types has "order.payd", which is no event type; did you mean order.paid?',
        ),
    ],
)
def test_a_mistake_in_the_feeds_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(text)
    with pytest.raises(SettingError) as told:
        load_feeds(path)
    assert str(told.value).startswith(f"the feeds file {path}")
    assert sentence in str(told.value)


def test_a_feeds_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as told:
        load_feeds(tmp_path / "none.toml")
    assert str(told.value) == f"the feeds file {tmp_path / 'none.toml'} cannot be read: No such file or directory"
