"""The page of the demo: sellers, findings, duties running out next; an order explained. Read only, on loopback."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.trustedhost import TrustedHostMiddleware

from detectors.catalogue import PATTERNS
from detectors.figures import Figure
from detectors.outcomes import Outcome
from detectors.verdict import Breach
from streams.account import local, utc
from streams.board import Board

_CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
_SHOWN_FINDINGS, _SHOWN_DUTIES = 25, 9
_INSTANTS = frozenset({"window_start", "window_end", "hour"})


def build(board: Board, registry: CollectorRegistry) -> FastAPI:
    """The application: the page at `/`, the metrics at `/metrics`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)
    pages = _Pages(board)

    @app.middleware("http")
    async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers.update(_HEADERS)
        return response

    app.add_api_route("/", pages.overview, response_class=HTMLResponse)
    app.add_api_route("/seller", pages.seller, response_class=HTMLResponse)
    app.add_api_route("/finding", pages.finding, response_class=HTMLResponse)
    app.add_api_route("/order", pages.order, response_class=HTMLResponse)
    app.add_api_route("/style.css", _style)
    app.add_api_route("/metrics", _metrics(board, registry))
    return app


def _metrics(board: Board, registry: CollectorRegistry) -> Callable[[], Response]:
    """Some gauges are read from the rows at scrape: the monitor must not work meanwhile."""

    def scrape() -> Response:
        with board.lock:
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return scrape


def _style() -> Response:
    return Response(files("streams").joinpath("templates/style.css").read_text("utf-8"), media_type="text/css")


class _Pages:
    """The pages, rendered on the server from the board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._templates = Environment(
            loader=PackageLoader("streams"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters.update(rate=_rate, span=span, utc=utc)
        self._templates.globals.update(order_link=_order_link, finding_link=_finding_link, seller_link=_seller_link)

    def _page(self, name: str, status: int = 200, **shown: Any) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(name).render(now=self._board.now, **shown), status)

    def overview(self) -> HTMLResponse:
        """Sellers, the newest findings, the duties that run out next."""
        board = self._board
        with board.lock:
            findings = board.findings()
            return self._page(
                "overview.html",
                sellers=board.sellers(),
                findings=[_row(one) for one in findings[:_SHOWN_FINDINGS]],
                hidden=max(len(findings) - _SHOWN_FINDINGS, 0),
                duties=board.due_next(_SHOWN_DUTIES),
            )

    def seller(self, name: str = "") -> HTMLResponse:
        """One seller and everything found of him."""
        with self._board.lock:
            view = next((one for one in self._board.sellers() if one.seller == name), None)
            if view is None:
                return self._missing("seller")
            return self._page("seller.html", seller=view, findings=[_row(one) for one in self._board.findings(name)])

    def finding(self, id: str = "") -> HTMLResponse:  # noqa: A002 - the name in the address
        """One finding with its evidence."""
        with self._board.lock:
            found = self._board.finding(id)
            if found is None or not isinstance(found.content, Breach) or found.profile is None:
                return self._missing("finding")
            listed = self._board.facts(found.seller, set(found.content.facts))
            return self._page(
                "finding.html",
                finding=_row(found),
                data=found.data,
                numbers=_numbers(found),
                facts=[(local(found.profile, one.at), one) for one in listed],
                more=len(set(found.content.facts)) - len(listed),
                zone=found.profile.calendar.tz.key,
            )

    def order(self, seller: str = "", order: str = "") -> HTMLResponse:
        """One order explained."""
        with self._board.lock:
            told = self._board.order(seller, order)
            return self._missing("order") if told is None else self._page("order.html", told=told)

    def _missing(self, what: str) -> HTMLResponse:
        return self._page("missing.html", 404, what=what)


def _row(outcome: Outcome) -> dict[str, Any]:
    """A finding as lists show it."""
    assert isinstance(outcome.content, Breach)
    data = outcome.data
    about = "" if outcome.card in PATTERNS else outcome.subject
    state = "put right" if "cleared" in data and outcome.state != "withdrawn" else outcome.state
    return {
        "id": outcome.id,
        "at": outcome.at,
        "seller": outcome.seller,
        "market": outcome.market,
        "code": outcome.code,
        "name": str(data["name"]).replace("_", " ").capitalize(),
        "severity": outcome.content.severity,
        "holder": outcome.content.holder,
        "state": state,
        "summary": data["summary"],
        "order": about,
    }


def _numbers(outcome: Outcome) -> list[tuple[str, str]]:
    """The finding's numbers in words: instants as local times, milliseconds as spans, rates as fractions."""
    assert isinstance(outcome.content, Breach)
    assert outcome.profile is not None
    shown = []
    for name, value in outcome.content.numbers.items():
        if name in _INSTANTS and isinstance(value, int):
            text = local(outcome.profile, value)
        elif name.endswith("_ms") and isinstance(value, int):
            text = f"{value} ms ({span(value)})"
        else:
            text = f"{value['num']} of {value['den']}" if isinstance(value, Mapping) else str(value)
        shown.append((name, text))
    return shown


def span(length: int) -> str:
    """A length in ms as people say it: its two largest units."""
    seconds = length // 1000
    units = ((seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    first = next((i for i, (n, _) in enumerate(units) if n), len(units) - 1)
    return " ".join(f"{n} {unit}" for n, unit in units[first : first + 2] if n) or "0 s"


def _rate(figure: Figure) -> str:
    if not figure.den:
        return "no orders"
    return f"{100 * figure.num / figure.den:.1f} % ({figure.num} of {figure.den})"


def _order_link(seller: str, order: str) -> str:
    return "/order?" + urlencode({"seller": seller, "order": order})


def _finding_link(name: str) -> str:
    return "/finding?" + urlencode({"id": name})


def _seller_link(name: str) -> str:
    return "/seller?" + urlencode({"name": name})
