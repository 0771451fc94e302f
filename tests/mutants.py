"""The mutants: what a careless change would do, and the tests that must notice. Data for `tests/mutations.py`."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One break: in `file`, `old` (which stands there once) becomes `new`; `tests` are pytest's arguments."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _properties(word: str) -> tuple[str, ...]:
    return ("tests/test_properties.py", "-k", word)


def _oracle(word: str) -> tuple[str, ...]:
    return ("tests/test_oracle.py", "-k", word)


def _timelines(word: str) -> tuple[str, ...]:
    return ("tests/test_timelines.py", "-k", word)


_SWITCH = ("tests/test_switch.py", "-k", "not_taken_back or shadowed")
_QUIET, _CLOSED = ("tests/test_feed_quiet.py", "-k", "dead_feed"), ("tests/test_closed_duties.py",)
_PROMISES = ("tests/test_promises.py", "-k", "stops_no_other or stops_nothing")

MUTANTS = (
    Mutant(
        "facts unsorted",
        "detectors/places.py",
        "if items and key(item) < key(items[-1]):",
        "if not items:",
        _properties("days_of_delay or arrival"),
    ),
    Mutant(
        "a fact that is read taken for one that is not",
        "detectors/inert.py",
        '    "order.completed": _nothing_new,',
        '    "order.completed": _nothing_new,\n    "order.in_transit": _nothing_new,',
        _properties("no_rule_reads"),
    ),
    Mutant(
        "a scan taken for one after another",
        "detectors/inert.py",
        "one.at < fact.at and one.type",
        "one.type",
        ("tests/detectors/test_inert.py",),
    ),
    Mutant(
        "facts of one instant in order of arrival",
        "detectors/order.py",
        "return self.at, _RANK.get(self.type, 2), self.source, self.id",
        'return self.at, 0, "", ""',
        _properties("days_of_delay or arrival"),
    ),
    Mutant(
        "dedup removed",
        "detectors/step.py",
        "    if kept is not None:",
        "    if kept is not None and kept.id == str(log):",
        _properties("conserved"),
    ),
    Mutant(
        "conflicting duplicate taken for a duplicate",
        "detectors/step.py",
        '"duplicate" if kept.body == fact.body else "conflicting_duplicate"',
        '"duplicate"',
        _properties("conserved"),
    ),
    Mutant(
        "contribution not taken off",
        "detectors/windows.py",
        "        day.take(entry)",
        "        pass",
        _oracle("patterns"),
    ),
    Mutant(
        "hold removed",
        "detectors/say.py",
        "return max(at, self.hold + wait) if self.hold and at else at",
        "return at",
        _properties("backlog"),
    ),
    Mutant(
        "hold by the clock of what happened",
        "detectors/step.py",
        "row.hold = max(row.hold, log)",
        "row.hold = max(row.hold, fact.at)",
        _properties("backlog"),
    ),
    Mutant(
        "bound exclusive instead of inclusive",
        "detectors/duty.py",
        "return end.at <= self.due",
        "return end.at < self.due",
        _oracle("late_is_one"),
    ),
    Mutant(
        "one millisecond of mercy",
        "detectors/duty.py",
        "return end.at <= self.due",
        "return end.at <= self.due + 1",
        _oracle("late_is_one"),
    ),
    Mutant(
        "UTC instead of local days",
        "detectors/clock.py",
        "day = at // DAY + _EPOCH\n",
        "return at // DAY + _EPOCH\n",
        _oracle("every_span"),
    ),
    Mutant(
        "days of 24 hours",
        "detectors/clock.py",
        "return self.midnight(day + 1) - 1",
        "return self.midnight(day) + DAY - 1",
        _oracle("every_span"),
    ),
    Mutant(
        "make-up working days ignored",
        "detectors/clock.py",
        "if day in self._make_up:",
        "if day in self._make_up and day < 0:",
        _oracle("every_span"),
    ),
    Mutant(
        "the newest value whatever the day",
        "detectors/policy.py",
        "return self._values[max(bisect_right(self._from, day) - 1, 0)]",
        "return self._values[-1]",
        _timelines("policy_changed"),
    ),
    Mutant(
        "the right opens a day early",
        "detectors/clock.py",
        "return self.midnight(day + length.n + 1)",
        "return self.midnight(day + length.n)",
        _oracle("decision_table"),
    ),
    Mutant(
        "consent after due accepted",
        "detectors/deadline.py",
        "last = deadline.due if known_at is None else min(known_at, deadline.due)",
        "last = 1 << 62 if known_at is None else known_at",
        _oracle("decision_table"),
    ),
    Mutant(
        "A-28 reversed: shipped at the same instant wins",
        "detectors/decision.py",
        "last = at if inclusive else at - 1",
        "last = at",
        _oracle("decision_table"),
    ),
    Mutant(
        "a wheel entry lost at restore",
        "detectors/store.py",
        "            for key, raw in rows.items():",
        "            for key, raw in list(rows.items())[1:]:",
        _properties("cut_anywhere"),
    ),
    Mutant(
        "a wheel entry lost when two share a minute",
        "detectors/wheel.py",
        "        keys.append(key)\n        self._least",
        "        keys[0] = key\n        self._least",
        _properties("partitions or arrival"),
    ),
    Mutant(
        "the last tick forgotten at restore",
        "detectors/store.py",
        "self.get(self._clock_key, ClockRow) or ClockRow()",
        "ClockRow()",
        _properties("cut_anywhere"),
    ),
    Mutant(
        "grace ignored",
        "detectors/duty.py",
        "if act else case.due + grace",
        "if act else case.due",
        _timelines("dispatch_ready"),
    ),
    Mutant(
        "overtaken ignored",
        "detectors/say.py",
        "if verdict.overtaken is not None and verdict.overtaken <= ripe:",
        "if verdict.overtaken is not None and verdict.overtaken < 0:",
        _timelines("approve_at_once"),
    ),
    Mutant(
        "said digest ignored",
        "detectors/say.py",
        "if before is None or before.digest != mark or before.state",
        "if before is None or before.state",
        _properties("days_of_delay"),
    ),
    Mutant(
        "nothing is ever taken back",
        "detectors/say.py",
        "for tag in [tag for tag in said if tag not in true and kept.get(tag) != STAYS]:",
        "for tag in [tag for tag in said if tag in ()]:",
        _properties("days_of_delay"),
    ),
    Mutant(
        "a directive that stands is told at some later time",
        "detectors/step.py",
        "    if not spoken.stands:",
        "    if spoken.outcomes is not None:",
        _timelines("directive"),
    ),
    Mutant(
        "quiet() always true: cancellations",
        "detectors/patterns/high_frequency_cancellation.py",
        "    if entry.kind == CANCELLED:\n        return False",
        "    if entry.kind == CANCELLED:\n        return True",
        _oracle("patterns"),
    ),
    Mutant(
        "quiet() always true: orders",
        "detectors/patterns/fake_orders.py",
        'return bool(few or len(span) < market.at("v24_ratio", entry.at) * len({e.who for e in span}))',
        "return bool(few or span)",
        _oracle("patterns"),
    ),
    Mutant(
        "V-13's hour holds both its ends",
        "detectors/patterns/high_frequency_cancellation.py",
        "between(cancels, at - HOUR + 1, at)",
        "between(cancels, at - HOUR, at)",
        _oracle("patterns"),
    ),
    Mutant(
        "V-24's hour without its first instant",
        "detectors/patterns/fake_orders.py",
        'entry.at - market.ms("v24_window", entry.at), entry.at)\n        buyers',
        'entry.at - market.ms("v24_window", entry.at) + 1, entry.at)\n        buyers',
        _oracle("patterns"),
    ),
    Mutant(
        "V-27 counts orders that were shipped",
        "detectors/window.py",
        "        if shipped:\n            return 0",
        "        if shipped:\n            return cancel.at",
        _timelines("fake_orders or patterns"),
    ),
    Mutant(
        "V-25 over all time",
        "detectors/patterns/fake_orders.py",
        "between(buyers, entry.at - reach + 1, entry.at)",
        "between(buyers, 0 * reach, entry.at)",
        _oracle("patterns"),
    ),
    Mutant(
        "a late notice is not listed",
        "detectors/duties/notify_buyer.py",
        '        subject=("order", order.id),\n        facts=facts + ((cure.fact,) if cure else ()),\n'
        '        numbers={"late_ms"',
        '        subject=("order", order.id),\n        facts=facts,\n        numbers={"late_ms"',
        _properties("proved"),
    ),
    Mutant(
        "a tier is left after one run",
        "detectors/patterns/cancellation_rate.py",
        "for ago in range(1, back + 1)]",
        "for ago in range(1, back)]",
        _timelines("patterns"),
    ),
    Mutant(
        "the cohort holds the run's own day",
        "detectors/rates.py",
        "return self._row.sum(name, self.day - first, self.day - last)",
        "return self._row.sum(name, self.day - first, self.day - last + 1)",
        _timelines("cancellation_rate or patterns"),
    ),
    Mutant(
        "an anomaly is any rate at the bound",
        "detectors/patterns/cancellation_anomaly.py",
        'run.get("v16_multiple") * usual * den // of) + 1',
        'run.get("v16_multiple") * usual * den // of)',
        _timelines("cancellation_anomaly"),
    ),
    Mutant(
        "a product's cancellations of any time",
        "detectors/patterns/product_hotspot.py",
        "lost = {e.order: e for e in between(ended, first, at)}",
        "lost = {e.order: e for e in between(ended, 0, at)}",
        _timelines("product_hotspot"),
    ),
    Mutant(
        "a serial canceller of one order more",
        "detectors/patterns/serial_cancellation.py",
        "if len(lost) < count or",
        "if len(lost) <= count or",
        _timelines("serial_cancellation"),
    ),
    Mutant(
        "one failing rule stops the next",
        "detectors/rulebook.py",
        "except Exception as e:  # noqa: BLE001 - promise 7: one failing rule stops no other",
        "except KeyError as e:",
        _PROMISES,
    ),
    Mutant(
        "a failing rule takes back what it said",
        "detectors/say.py",
        "if card is not None and card.name not in failed:",
        "if card is not None:",
        _PROMISES,
    ),
    Mutant(
        "the switch takes back what was issued",
        "detectors/say.py",
        "known in {ISSUED, STANDS})",
        "known in {STANDS})",
        _SWITCH,
    ),
    Mutant(
        "a shadowed directive goes out",
        "streams/messages.py",
        'if kind == "directive" and not outcome.shadow:',
        'if kind == "directive":',
        _SWITCH,
    ),
    Mutant(
        "a silent feed is a silent seller",
        "detectors/say.py",
        "    heard = when.hush.talk_from(market, verdict.card.needs)",
        "    heard = 0",
        _QUIET,
    ),
    Mutant(
        "a feed that talks again holds nothing",
        "detectors/feeds.py",
        "back += [(*pair, at) for pair in self.silent if pair not in silent]",
        "back += []",
        _QUIET,
    ),
    Mutant(
        "a change of policies touches what was closed",
        "detectors/step.py",
        "    if when.reason:",
        "    if when.reason and row.kept:",
        _CLOSED,
    ),
    Mutant(
        "a kept duty has the new due",
        "detectors/duty.py",
        "msgspec.structs.replace(case, due=due, marks=())",
        "msgspec.structs.replace(case, due=case.due, marks=())",
        _CLOSED,
    ),
    Mutant(
        "the clock moves before the tick is worked off",
        "detectors/step.py",
        "        if looked == limit:",
        "        if looked == limit and not store.tick(tick.at, tick.policies, silence):",
        ("tests/test_pieces.py",),
    ),
    Mutant(
        "void batches are believed",
        "streams/batch/changelog.py",
        "self._valid = self.owner is None or marker.token == self.owner",
        "self._valid = True",
        ("tests/streams/batch",),
    ),
    Mutant(
        "marks of transactions are handed over as records",
        "streams/batch/fetching.py",
        "if not batch.is_control_batch:",
        "if batch is not None:",
        ("tests/streams/batch",),
    ),
    Mutant(
        "ticks under other policies conclude",
        "streams/monitor.py",
        "if isinstance(record, Tick) and record.policies != self._rules.policies.hash:",
        "if isinstance(record, Tick) and not record.policies:",
        ("tests/streams/test_lock.py",),
    ),
    Mutant(
        "a scan at the very limit is late",
        "detectors/patterns/fake_tracking.py",
        "if any(scan.at <= limit for scan",
        "if any(scan.at < limit for scan",
        _timelines("fake_tracking"),
    ),
    Mutant(
        "the score itself is no suspicion",
        "detectors/patterns/suspected_solicitation.py",
        "    if points < limit:\n        return None",
        "    if points <= limit:\n        return None",
        _timelines("solicitation"),
    ),
    Mutant(
        "what was dispatched and then cancelled was never dispatched",
        "detectors/leftover.py",
        "        if not _reached_by(order.lines.get(name), stage, one.moment.at)\n",
        "",
        _timelines("stories"),
    ),
    Mutant(
        "a card in time holds back",
        "detectors/step.py",
        "return _changed(store, rules, fact.seller, order, row, fact.at, log)",
        "return _changed(store, rules, fact.seller, order, row, one.at, log)",
        ("tests/detectors/test_conversation.py",),
    ),
    Mutant(
        "a refund's working days from the day after",
        "detectors/duties/finish_refund.py",
        "due = calendar.due(length, started.at)",
        "due = calendar.due(length, started.at + 1)",
        ("tests/test_oracle_duties.py",),
    ),
    Mutant(
        "a consent given too late moves the limit",
        "detectors/deadline.py",
        "if consent.at <= last]",
        "if consent.at <= last + 3_600_000]",
        ("tests/test_oracle_duties.py",),
    ),
)
