"""Says to the database why something changes, for the ledgers that its triggers keep."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from .actors import Actor
from .models import Cause


@contextmanager
def because(what: str, by: Actor, *, reference: str = "", reason: str = "") -> Iterator[None]:
    """Name the cause of what is written in the block, which is a transaction or a part of one.

    what: a kind that the ledger knows, "received". reference: what it belongs to, such as an
    order's token. reason: in the words of whoever does it; cut to 200 characters. The innermost
    of several counts.
    """
    with transaction.atomic():
        cause = Cause.objects.create(
            what=what,
            reference=reference,
            reason=reason[:200],
            kind=by.kind,
            customer_id=by.customer_id,
            request_id=by.request_id,
        )
        yield
        cause.delete()
