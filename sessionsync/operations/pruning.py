"""Deletes what no browser can name any more."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from sessionsync import links
from sessionsync.models import CarriedOut

KEPT = timedelta(days=1)
"""How long it is remembered that a request was carried out; it can be resumed for 5 minutes."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were deleted."""

    sessions: int
    carried_out: int


def prune() -> Pruned:
    """Delete expired sessions and old marks of requests; beside traffic, as often as you like."""
    return Pruned(links.prune(time.time_ns()), _prune_carried_out())


def _prune_carried_out() -> int:
    old = CarriedOut.objects.filter(created_at__lt=timezone.now() - KEPT)
    deleted = 0
    while True:
        with transaction.atomic():
            batch = old.select_for_update(skip_locked=True).values_list("flow", flat=True)
            flows = list(batch[: links.PRUNED_AT_ONCE])
            if not flows:
                return deleted
            deleted += CarriedOut.objects.filter(flow__in=flows).delete()[0]
