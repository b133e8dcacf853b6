"""What becomes of sessions: linked, absorbed, taken over, retired. Each one a transaction."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from sessionsync import journal, records
from sessionsync.conf import get_config
from sessionsync.fingerprints import fingerprint
from sessionsync.goods import ensure_rows
from sessionsync.journal import Entry
from sessionsync.models import Session
from sessionsync.protocol import Meeting, Party, meet
from sessionsync.records import Reader, Record, SessionCodec
from sessionsync.tokens import Token

_codec = SessionCodec()


def settle(
    tokens: Iterable[Token], read: Reader = records.read, *, site: str = ""
) -> Record | None:
    """The one session that all tokens of a browser end at; None if none names a session any more.

    Replacements among them take over now. Where the tokens end at several sessions, these meet:
    see `sessionsync.protocol.meet`. Afterwards every interleaving of the same tokens ends at the
    same session. Reads one record and writes nothing in the usual case of one open session.
    read: how the first look at them is taken. site: the id of the sub-site whose cookies hold the
    session that stays, for main to ask if it never hears of it; empty where that is main itself.
    """
    while True:
        ends = [records.follow(key, read) for key in _keys(tokens)]
        found = {record.key: record for record in ends if record}
        read = records.read
        taking_over = [record for record in found.values() if record.replaces]
        if taking_over:
            for record in taking_over:
                _take_over(record.key, site)
            continue
        if len(found) <= 1:
            return next(iter(found.values()), None)
        _meet_all(found, site)


class Heir(NamedTuple):
    """An open session, and the id of the sub-site whose cookies hold it."""

    key: str
    site: str


def heir_of(token: Token) -> Heir | None:
    """What a retired token made way for, and where it is; None if it did not, or that has ended."""
    end, site = records.end_of(token.key), ""
    while end.heir:
        site = end.heir_on or site
        end = records.end_of(end.heir)
    is_there = site and end.stored and end.state == Session.State.OPEN
    return Heir(end.key, site) if is_there else None


def _keys(tokens: Iterable[Token]) -> list[str]:
    return [token.key for token in sorted(tokens)]


def _party(row: Session) -> Party:
    token = Token.from_key(row.key)
    moment = row.signed_in_at
    return Party((token.ts, token.id), row.principal, moment.timestamp() if moment else None)


def _locked(keys: Iterable[str]) -> list[Session] | None:
    """The rows of these sessions, locked in one order; None if one is open no longer."""
    wanted = sorted(set(keys))
    ensure_rows(wanted)
    rows = list(Session.objects.select_for_update().filter(key__in=wanted).order_by("key"))
    return rows if all(row.state == Session.State.OPEN for row in rows) else None


def _tell(rows: Iterable[Session]) -> None:
    for row in rows:
        records.write_copy(Record.of(row))


def _change(keys: Iterable[str], change: Callable[[list[Session]], None]) -> None:
    """Lock open sessions, change them, and tell Redis once the change is committed.

    If one of them is open no longer nothing is changed: the caller resolves again.
    """
    wanted = list(keys)
    with transaction.atomic():
        rows = _locked(wanted)
        if rows is None:
            _tell(Session.objects.filter(key__in=wanted))
            return
        change(rows)
        for row in rows:
            row.version += 1
            records.mark_busy(Record.of(row))
            row.save()
        transaction.on_commit(lambda: _tell(rows))


def _note(hop: str, outcome: str, goes: Session, stays: Session, why: str) -> None:
    entry = Entry(
        hop=hop,
        outcome=outcome,
        session=fingerprint(goes.key),
        other=fingerprint(stays.key),
        why=why,
    )
    transaction.on_commit(lambda: journal.note(entry))


def _move_goods(loser: Session, winner: Session) -> None:
    for handler in get_config().merge_handlers:
        handler(loser.key, winner.key)


def _add_missing_data(loser: Session, winner: Session) -> None:
    """Carry over what only the loser knows (a chosen language); the winner's word stands."""
    if not loser.data:
        return
    kept = _codec.decode(winner.data) if winner.data else {}
    winner.data = _codec.encode({**_codec.decode(loser.data), **kept})


def _retire(row: Session, heir: str = "", heir_on: str = "") -> None:
    row.state = Session.State.RETIRED
    row.data = row.replaces = ""
    row.heir, row.heir_on = heir, heir_on


def _join_families(goes: Session, stays: Session, rows: list[Session]) -> None:
    """One logout must end all of both: also a replacement that has not arrived yet."""
    family = goes.family
    for row in rows:
        if row.family == family:
            row.family = stays.family


def _with_families(keys: Iterable[str]) -> set[str]:
    """The sessions of these keys and all open ones of their families."""
    wanted = set(keys)
    families = Session.objects.filter(key__in=wanted).values_list("family", flat=True)
    kin = Session.objects.filter(family__in=families, state=Session.State.OPEN)
    return wanted | set(kin.values_list("key", flat=True))


def _meet_all(keys: Iterable[str], site: str) -> None:
    met = set(keys)

    def change(locked: list[Session]) -> None:
        # Sign-ins first: what a guest owns goes to the one that stays, in whatever order they met.
        rows = sorted((row for row in locked if row.key in met), key=lambda row: not row.principal)
        by_order = {_party(row).order: row for row in rows}
        stays, *others = rows
        for other in others:
            meeting, winner, loser = meet(_party(stays), _party(other))
            stays, goes = by_order[winner.order], by_order[loser.order]
            if meeting is not Meeting.PART:
                _move_goods(goes, stays)
            if meeting is Meeting.LINK:
                _add_missing_data(goes, stays)
                goes.state, goes.successor, goes.data = Session.State.LINKED, stays.key, ""
                _join_families(goes, stays, locked)
            else:
                _retire(goes, stays.key, site)
            _note("link", meeting.name.lower(), goes, stays, meeting.value)

    _change(_with_families(met), change)


def _take_over(key: str, site: str) -> None:
    """A replacement was presented: goods move to it, what it replaces names nothing any more."""
    row = Session.objects.get(key=key)
    predecessor = records.follow(row.replaces) if row.replaces else None

    def change(rows: list[Session]) -> None:
        by_key = {row.key: row for row in rows}
        successor = by_key[key]
        if predecessor and successor.replaces:
            _move_goods(by_key[predecessor.key], successor)
            _retire(by_key[predecessor.key], key, site)
            _note("link", "replace", by_key[predecessor.key], successor, "first presented")
        successor.replaces = ""

    _change({key, predecessor.key} if predecessor else {key}, change)


def retire_family(key: str) -> None:
    """End a session and every other of its family, wherever they are: what a logout does."""
    with transaction.atomic():
        ensure_rows([key])
        family = Session.objects.values_list("family", flat=True).get(key=key)
        _retire_open(Session.objects.filter(family=family))


def retire_all_of(principal: str) -> int:
    """Log out everywhere: end every session of an account, on every site, in every browser.

    principal: the account's primary key, as text. Returns how many sessions ended.
    """
    with transaction.atomic():
        return _retire_open(Session.objects.filter(principal=principal))


def _retire_open(some: QuerySet[Session]) -> int:
    open_ones = some.filter(state=Session.State.OPEN).order_by("key").select_for_update()
    list(open_ones)
    # A link that this had to wait for may have brought others in.
    rows = list(open_ones.all())
    for row in rows:
        _retire(row)
        row.version += 1
        records.mark_busy(Record.of(row))
        row.save()
    ended = [Entry("end", "retired", session=fingerprint(row.key)) for row in rows]
    transaction.on_commit(lambda: _tell(rows))
    transaction.on_commit(lambda: journal.note(*ended))
    return len(rows)


def touch(record: Record) -> Record:
    """Note that a session is in use, so that it is not ended for having been left alone."""
    now = timezone.now()
    Session.objects.filter(key=record.key, state=Session.State.OPEN).update(used_at=now)
    used = replace(record, used_at=now.timestamp())
    records.write_copy(used)
    return used


def renew(record: Record, token: Token) -> None:
    """Link a session to a younger token, so that its oldest one may expire."""

    def change(rows: list[Session]) -> None:
        by_key = {row.key: row for row in rows}
        old, new = by_key[record.key], by_key[token.key]
        _move_goods(old, new)
        new.data, new.principal, new.signed_in_at = old.data, old.principal, old.signed_in_at
        new.family = old.family
        old.state, old.successor, old.data = Session.State.LINKED, new.key, ""
        _note("link", "renew", old, new, "half of its life is over")

    _change([record.key, token.key], change)


PRUNED_AT_ONCE = 1000
"""Rows deleted in one transaction, so that no lock is held for long."""


def prune(now_ns: int) -> int:
    """Delete rows whose token is older than any cookie may be; returns how many.

    In batches, each a transaction of its own. What another prune is deleting is left to it.
    """
    oldest = now_ns - get_config().max_age * 1_000_000_000
    created = timezone.now() - timedelta(seconds=get_config().max_age)
    deleted, last = 0, ""
    while keys := list(
        Session.objects.filter(created_at__lt=created, key__gt=last)
        .order_by("key")
        .values_list("key", flat=True)[:PRUNED_AT_ONCE]
    ):
        last = keys[-1]
        expired = [key for key in keys if Token.from_key(key).ts < oldest]
        with transaction.atomic():
            mine = Session.objects.select_for_update(skip_locked=True).filter(key__in=expired)
            locked = list(mine.values_list("key", flat=True))
            deleted += Session.objects.filter(key__in=locked).delete()[0]
    return deleted
