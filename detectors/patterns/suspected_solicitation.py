"""V-11: signs that together suggest that a seller made the buyer cancel, where no single one shows it (V-10 does)."""

from collections.abc import Iterator

from detectors.act import Deed
from detectors.attribution import dispatch_missed
from detectors.card import Card, Code
from detectors.order import Order
from detectors.parts import Moment, Request
from detectors.patterns.solicited_cancellation import buyers_acts, pushes
from detectors.policy import Market
from detectors.requests import grounds
from detectors.terms import Terms
from detectors.verdict import Breach
from detectors.window import ASKED, EMPTY, Entry, Window, between, goods_of

CARD = Card(
    name="suspected_solicitation",
    version=1,
    promise="Signs that a buyer was made to cancel are added up and, when they are many, put before an investigator.",
    rules=("R-28",),
    holder="seller",
    needs=(("cancellation.requested", "order.cancelled"),),
    keys={
        "v11_score": "request",
        "v11_reason": "request",
        "v11_message": "request",
        "v11_overdue": "request",
        "v11_quick": "request",
        "v11_quick_within": "request",
        "v11_empty": "request",
        "v11_empty_reach": "request",
        "v11_same": "request",
        "v11_same_count": "request",
        "v11_same_window": "request",
        "solicitation_reach": "request",
    },
    codes={
        "V-11": Code(
            "SUSPECTED_SOLICITATION",
            "Suspicion: the signs on order {of} reach {score}: {signs}.",
            about="order",
        )
    },
    severity="medium",
    first_look="Read the conversation around the buyer's request; ask him why he cancelled.",
    clock="window",
    gaps=("A seller who telephones leaves no sign.", "A product that came back into stock meanwhile still counts."),
    innocents=(
        "One sign alone.",
        "A buyer who cancels late what the seller had dispatched in time.",
        "An approval by the platform, however quick.",
    ),
)
BUYER, MESSAGE = "buyer", "message"


def asked(order: Order, terms: Terms) -> Iterator[Entry]:
    """What the order adds: the buyer's act, or the message without one, that bears most suspicion by itself."""
    signs = [*_acts(order, terms), *_messages(order, terms)]
    if signs:
        quick = terms.market.at("v11_quick", signs[0].at)
        yield max(signs, key=lambda entry: (entry.flag + quick * bool(entry.gone), -entry.at))


def _acts(order: Order, terms: Terms) -> Iterator[Entry]:
    for act, code in sorted(buyers_acts(order), key=lambda item: (item[0].at, item[0].fact)):
        request = next((r for r in order.requests.values() if r.fact == act.fact), None)
        points, signs = _own(order, act, code, terms)
        quick = _quick(request, terms)
        yield Entry(
            act.at,
            order.id,
            ASKED,
            BUYER,
            points,
            signs,
            _facts(order, act, request),
            quick.at if quick else 0,
            (quick.fact,) if quick else (),
            goods_of(order, request.lines if request and request.lines else order.lines, ()),
        )


def _messages(order: Order, terms: Terms) -> Iterator[Entry]:
    """Messages that ask to cancel and that no act of the buyer followed within reach."""
    acts = [act.at for act, _ in buyers_acts(order)]
    for message in pushes(order, terms):
        last = message.at + terms.market.ms("solicitation_reach", message.at)
        if not any(message.at <= at <= last for at in acts):
            points, signs = _own(order, Moment(message.at, message.fact), "", terms)
            points += terms.market.at("v11_message", message.at)
            facts = (*_facts(order, Moment(message.at, message.fact), None),)
            goods = goods_of(order, order.lines, ())
            yield Entry(message.at, order.id, ASKED, MESSAGE, points, _joined("message", signs), facts, goods=goods)


def _own(order: Order, act: Moment, code: str, terms: Terms) -> tuple[int, str]:
    """The points that the act bears by itself, and for which signs."""
    points, signs = 0, []
    row = terms.reasons.find("buyer", order.market, code) if code else None
    told = terms.market.at("v11_reason", act.at)
    if row is not None and row.signal == "V-11" and told:
        points, signs = told, ["reason"]
    if dispatch_missed(order, act.at, terms):
        points += terms.market.at("v11_overdue", act.at)
        signs.append("overdue")
    return points, " ".join(signs)


def _quick(request: Request | None, terms: Terms) -> Moment | None:
    """The seller's approval in less than the time that a decision takes."""
    if request is None:
        return None
    within = terms.market.ms("v11_quick_within", request.at)
    granted = (d for d in request.decisions if d.by == "seller" and d.approves and d.at - request.at < within)
    return next((Moment(d.at, d.fact) for d in granted), None)


def _facts(order: Order, act: Moment, request: Request | None) -> tuple[str, ...]:
    if request is not None:
        return grounds(order, request)
    moments = [m.fact for m in (order.placed, order.clock) if m is not None and m.at <= act.at]
    consents = [consent.fact for consent in order.consents if consent.at <= act.at]
    return (*dict.fromkeys((*moments, *consents, act.fact)),)


def _joined(*signs: str) -> str:
    return " ".join(sign for sign in signs if sign)


def deeds(window: Window, terms: Terms) -> Iterator[Deed]:
    """The orders of the day whose signs reach the score, each at the instant at which they did."""
    for entry in window.day.asked:
        deed = _suspected(window, entry, terms.market)
        if deed is not None:
            yield deed


def _suspected(window: Window, entry: Entry, market: Market) -> Deed | None:
    at, limit = entry.at, market.at("v11_score", entry.at)
    points, signs, facts = entry.flag, entry.link, list(entry.facts)
    empty = _emptied(window, entry, market)
    if empty is not None:
        points, signs = points + market.at("v11_empty", at), _joined(signs, "empty")
        facts += empty.facts
    same = _same(window, entry, market)
    if same:
        points, signs = points + market.at("v11_same", at), _joined(signs, "same_product")
        facts += [fact for one in same for fact in one.facts]
    since = at + market.ms("solicitation_reach", at) if entry.who == MESSAGE else at
    if points < limit and entry.gone:
        points, signs, since = points + market.at("v11_quick", at), _joined(signs, "quick"), max(since, entry.gone)
        facts += entry.ends
    if points < limit:
        return None
    numbers = {"of": entry.order, "score": {"num": min(points, 100), "den": 100}, "signs": signs}
    breach = Breach("V-11", "seller", "medium", ("order", entry.order), tuple(dict.fromkeys(facts)), numbers)
    return Deed(since, (entry.order, str(window.day.number)), breach)


def _emptied(window: Window, entry: Entry, market: Market) -> Entry | None:
    """The latest end of the stock, or of the offer, of one of its products within reach before the buyer acted."""
    skus = {sku for sku, _, _ in entry.goods}
    first = entry.at - market.ms("v11_empty_reach", entry.at)
    gone = [one for one in between(window.all(EMPTY), first, entry.at) if one.link in skus]
    return gone[-1] if gone and entry.who == BUYER else None


def _same(window: Window, entry: Entry, market: Market) -> list[Entry]:
    """The orders of one of its products that buyers cancelled within the window up to it; empty when too few."""
    first = entry.at - market.ms("v11_same_window", entry.at) + 1
    near = [one for one in between(window.all(ASKED), first, entry.at) if one.who == BUYER]
    for sku, _, _ in entry.goods:
        same = [one for one in near if any(sku == other for other, _, _ in one.goods)]
        if sku and len({one.order for one in same}) >= market.at("v11_same_count", entry.at):
            return same
    return []


def quiet(entry: Entry, window: Window, market: Market) -> bool:
    """Whether one more act, or the end of a stock, cannot carry any order to the score."""
    if entry.kind not in {ASKED, EMPTY}:
        return True
    reach = max(market.ms("v11_empty_reach", entry.at), market.ms("v11_same_window", entry.at))
    return not any(_could(one, market) for one in between(window.all(ASKED), entry.at, entry.at + reach))


def _could(entry: Entry, market: Market) -> bool:
    most = sum(market.at(key, entry.at) for key in ("v11_empty", "v11_same"))
    quick = market.at("v11_quick", entry.at) if entry.gone else 0
    return bool(entry.flag + quick + most >= market.at("v11_score", entry.at))
