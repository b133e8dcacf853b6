"""May an order speak for somebody who did not send it? What is found here wants a person's eyes.

A shop of this kind once booked guests' orders on whichever customer had signed in last, because a
program that rendered its pages kept a token. To the shop such calls look genuine; what gives them
away is the history of the order. Each check says which innocent case it lets pass.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

from orders.auditing.findings import Finding, entry_names
from orders.auditing.history import History
from orders.auditing.models import Kind
from shop.audit.models import Entry

AT_ONCE = timedelta(minutes=30)
"""A token that changes place and back within this time is in two places at once."""
TYPED = frozenset({"cart.email_typed", "checkout.contact"})


def email_differs(history: History) -> Iterator[Finding]:
    """The e-mail address typed is none of the customer's.

    Passed: an order that was a guest's, and claimed later through a mailed link.
    """
    placed = history.placed
    if placed is None or placed.kind != "customer" or placed.customer_id is None:
        return
    typed = placed.facts.get("email", "")
    own = history.emails.get(placed.customer_id, set()) | {placed.facts.get("account_email", "")}
    # An account that is gone, or whose address was changed since, is compared as it was then.
    if not typed or typed in own or not own - {""}:
        return
    yield Finding(
        history.order,
        Kind.EMAIL_DIFFERS,
        _("Ordered as customer %(customer)d, with an e-mail address that is not theirs.")
        % {"customer": placed.customer_id},
        {"entries": entry_names([placed]), "customer": placed.customer_id},
    )


def attached_late(history: History) -> Iterator[Finding]:
    """A customer came in after a guest had typed an e-mail address.

    Passed: the guest signs in halfway, and typed one of their own addresses; and what a customer
    typed themselves.
    """
    before = history.before
    for place, entry in enumerate(before):
        if entry.kind != "customer" or entry.customer_id is None:
            continue
        own = history.emails.get(entry.customer_id, set())
        typed = [
            each
            for each in before[:place]
            if each.kind == "guest"
            and each.action in TYPED
            and each.facts.get("email")
            and each.facts["email"] not in own
            and each.at <= entry.at
        ]
        if typed:
            yield Finding(
                history.order,
                Kind.ATTACHED_LATE,
                _("Customer %(customer)d came in after a guest had typed another address.")
                % {"customer": entry.customer_id},
                {"entries": entry_names([*typed, entry]), "customer": entry.customer_id},
            )
            return


def several_customers(history: History) -> Iterator[Finding]:
    """Several customers acted on one cart, or in one shopper's session.

    Passed: staff who work on the order, and customers who claim it later: neither filled it.
    """
    acting = [each for each in history.before if each.kind == "customer"]
    if history.placed is not None and history.placed.kind == "customer":
        acting.append(history.placed)
    customers = {each.customer_id for each in acting if each.customer_id is not None}
    if len(customers) > 1:
        yield Finding(
            history.order,
            Kind.SEVERAL_CUSTOMERS,
            _("Customers %(customers)s acted on its cart.")
            % {"customers": ", ".join(map(str, sorted(customers)))},
            {"entries": entry_names(acting), "customers": sorted(customers)},
        )
        return
    for session, others in sorted(history.doubles.items()):
        # A token of the API is one customer's by its making; a browser's session must be.
        yield Finding(
            history.order,
            Kind.SEVERAL_CUSTOMERS,
            _("Customers %(customers)s acted in one session.")
            % {"customers": ", ".join(map(str, sorted(others)))},
            {"session": session, "customers": sorted(others)},
        )
        return


def token_shared(history: History) -> Iterator[Finding]:
    """One API token was used by two programs at once: from one, the other, and the first again.

    A session of the API is written `token.client` (`accounts.api.caller`). Passed: one program
    takes over from another, as a browser that was updated does.
    """
    uses: dict[str, list[Entry]] = defaultdict(list)
    for each in [*history.merged, *history.entries]:
        if each.how == "token" and "." in each.session:
            uses[each.session.partition(".")[0]].append(each)
    for token, entries in uses.items():
        back = _there_and_back(sorted(entries, key=lambda each: each.at))
        if back:
            yield Finding(
                history.order,
                Kind.TOKEN_SHARED,
                _("A token was used by two programs at once."),
                {"entries": entry_names(back), "token": token},
            )
            return


def _there_and_back(entries: list[Entry]) -> list[Entry]:
    """Three uses in which a client gives way to another and is there again; none if all is well."""
    last: dict[str, Entry] = {}
    for before, entry in pairwise(entries):
        last[before.session] = before
        earlier = last.get(entry.session)
        if before.session != entry.session and earlier and entry.at - earlier.at <= AT_ONCE:
            return [earlier, before, entry]
    return []


def stranger(history: History) -> Iterator[Finding]:
    """Somebody ordered who had not touched the cart before.

    Passed: a session that took over the cart (`cart.moved`), and a customer whose own cart it is,
    in whichever browser they are.
    """
    placed = history.placed
    if placed is None or placed.kind not in {"guest", "customer"}:
        return
    known = set(_who(history.before))
    if placed.session in known or (placed.customer_id and f"#{placed.customer_id}" in known):
        return
    yield Finding(
        history.order,
        Kind.STRANGER,
        _("It was ordered by somebody of whom its cart knows nothing."),
        {"entries": entry_names([placed])},
    )


def _who(entries: Iterable[Entry]) -> Iterator[str]:
    for each in entries:
        yield each.session
        if each.customer_id is not None:
            yield f"#{each.customer_id}"
        if each.action == "cart.moved":
            yield str(each.facts.get("to", ""))
