"""A shop's own facts, and those that name no order: identities, campaigns, terms; the rest is only remembered."""

from bisect import insort

from detectors import links, own_terms, windows
from detectors.clock import DAY
from detectors.facts import Fact
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.say import Moment
from detectors.saying import said_of
from detectors.store import SeenRow, ShopRow, Store, parts, seen_key, shop_key
from detectors.window import EMPTY, LINK, STAFF, Entry

_EMPTY = {"stock.changed": "quantity", "listing.changed": "listed"}
_CAMPAIGN = ("campaign.started", "campaign.ended")


def apply(store: Store, rules: Rulebook, fact: Fact) -> list[Outcome]:
    """Takes in one fact that is about no order; its id is remembered for 24 hours of log time."""
    log = max(fact.arrived, store.ticked)
    key = seen_key(fact.seller, fact.source, fact.id)
    kept = store.get(key, SeenRow)
    if kept is not None and kept.arrived > log - DAY:
        return [received(fact, "duplicate" if kept.body == fact.body else "conflicting_duplicate", log)]
    store.put(key, SeenRow(log, fact.body), log + DAY)
    late = rules.is_late(fact.market, fact.at, log)
    when = Moment(store.ticked - 1, log, log if late else 0, rules.hush(store.silence, store.ticked))
    said = [received(fact, "accepted", log)]
    if fact.type == "shop.policy_changed":
        said.extend(_terms_changed(store, rules, fact, when))
    if fact.type in _CAMPAIGN:
        said.extend(_campaign(store, rules, fact, when))
    if fact.type in _EMPTY:
        said.extend(_stock(store, rules, fact, when))
    if fact.type == "identity.seen":
        said.extend(_identity(store, rules, fact, when))
    return said


def _campaign(store: Store, rules: Rulebook, fact: Fact, when: Moment) -> list[Outcome]:
    """Keeps a campaign's start or end in its place and judges the windows from there on again."""
    key = shop_key(fact.seller)
    row = store.get(key, ShopRow) or ShopRow()
    insort(row.campaigns, (fact.at, fact.type == _CAMPAIGN[1], fact.id))
    store.put(key, row, store.waits_until(key))
    return windows.campaign_changed(store, rules, fact.seller, fact.market, fact.at, when)


def _terms_changed(store: Store, rules: Rulebook, fact: Fact, when: Moment) -> list[Outcome]:
    """Keeps a change of the seller's own terms in its place and judges them; what is long replaced is forgotten.

    Of a shop of which something was said no change is forgotten: it is evidence.
    """
    assert when.cause is not None
    row = store.get(shop_key(fact.seller), ShopRow) or ShopRow()
    row.market = row.market or fact.market
    own_terms.add(row.terms, fact)
    if not row.said:
        row.terms = own_terms.since(
            row.terms, when.cause - rules.terms(row.market).market.ms("forget_after", when.cause)
        )
    row.hold = max(row.hold, when.hold)
    return _judge_terms(store, rules, fact.seller, row, when)


def _judge_terms(store: Store, rules: Rulebook, seller: str, row: ShopRow, when: Moment) -> list[Outcome]:
    profile = rules.terms(row.market).market
    judged = rules.judge_terms(seller, row.market, row.terms)
    held = when.held(row.hold)
    spoken, failed = said_of(rules, seller, "shop", profile, row, judged, held)
    store.put(shop_key(seller), row, spoken.next)
    return [*spoken.outcomes, *failed]


def again(store: Store, rules: Rulebook, key: bytes, when: Moment) -> list[Outcome]:
    """Judges a shop's own terms as time alone goes on."""
    row = store.get(key, ShopRow)
    return [] if row is None else _judge_terms(store, rules, parts(key)[0], row, when)


def _stock(store: Store, rules: Rulebook, fact: Fact, when: Moment) -> list[Outcome]:
    """A product that is sold out, or taken off the shelf."""
    left = fact.data.get(_EMPTY[fact.type])
    if left is None or left:
        return []
    entry = Entry(fact.at, "", EMPTY, link=str(fact.data["sku"]), facts=(fact.id,))
    return windows.change(store, rules, fact.seller, fact.market, (), (entry,), when)


def _identity(store: Store, rules: Rulebook, fact: Fact, when: Moment) -> list[Outcome]:
    """A hash seen on the seller's own people, or on a buyer without an order."""
    data = fact.data
    if data["kind"] not in rules.terms(fact.market).market.at("v25_kinds", fact.at):
        return []
    own = data["party"] != "buyer"
    link = f"{data['kind']}:{data['hash']}"
    entry = Entry(fact.at, fact.subject, STAFF if own else LINK, data["party_id"], link=link, facts=(fact.id,))
    return links.change(store, rules, fact.seller, fact.market, link, (), (entry,), when)


def received(fact: Fact, what: str, log: int) -> Outcome:
    """What became of a fact: accepted, duplicate or conflicting_duplicate."""
    return Outcome(type=f"fact.{what}", seller=fact.seller, market=fact.market, at=log, code=fact.type, state=what)
