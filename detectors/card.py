"""The card at the top of every rule: what it promises, what it needs, what it does not see. Cards are data."""

import msgspec


class Code(msgspec.Struct, frozen=True):
    """A finding's code: its name, its sentence (a template over the numbers), and what its key holds.

    `about`: "order" (the key starts with the order), "cancellation" or "return"; `extra`: how many further parts the
    duty's key gives (a stage); `step` names the step where two duties share the code.
    """

    name: str
    message: str
    about: str = "cancellation"
    extra: int = 0
    step: str = ""

    def key(self, case: tuple[str, ...]) -> tuple[str, ...]:
        """The finding's key for a case of that key."""
        first = "" if self.about == "order" else case[0]
        return (first, *case[1 : 1 + self.extra], *((self.step,) if self.step else ()))


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's card.

    `needs`: each entry is a list of event types of which one must be delivered. `keys`: policy keys and the
    fact whose local day binds each. `clock`: "elapsed", "days", "window" or "none"; `pausable`: consent moves
    it; `dated`: some market changes a key on a date. These three say which timelines the rule must have.
    `first_look`: what a person does first with a finding.
    """

    name: str
    version: int
    promise: str
    rules: tuple[str, ...]
    holder: str
    needs: tuple[tuple[str, ...], ...]
    keys: dict[str, str]
    codes: dict[str, Code]
    severity: str
    first_look: str
    clock: str
    pausable: bool = False
    dated: bool = False
    directives: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    innocents: tuple[str, ...] = ()

    def cases(self) -> frozenset[str]:
        """The timelines that this rule must have, neither more nor fewer."""
        wanted = {"fires", "silent", "duplicate", "late", "out_of_order"}
        if self.clock != "none":
            wanted |= {"boundary", "just_before", "just_after"}
        if self.clock == "days":
            wanted |= {"holiday", "clock_change"}
        if self.pausable:
            wanted.add("paused")
        if self.dated:
            wanted.add("policy_changed")
        return frozenset(wanted)
