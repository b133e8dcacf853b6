"""Adds to audit trails, and finds out whether one was tampered with."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from itertools import batched, groupby
from typing import Literal

from django.db import connection
from django.utils import timezone

from .actors import Actor
from .models import Entry, Trail

type JSON = str | int | bool | Sequence[JSON] | Mapping[str, JSON] | None

_BATCH = 200
"""Trails read by one query."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a trail had come: so many entries, the last of which has this hash."""

    length: int
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where a trail is not as it was written: at entry number `seq`, and how that shows.

    problem: "gap" (entries are missing), "edited" (an entry is not what its hash says), "swapped"
    (it stood elsewhere), "unlinked" (the one before is not the one it was chained to), "cut" (the
    trail once was longer), "rewritten" (it once had another entry there).
    """

    trail: str
    seq: int
    problem: Literal["gap", "edited", "swapped", "unlinked", "cut", "rewritten"]


def new_trail() -> str:
    """The name of a trail nobody has written to: 32 hex digits."""
    return uuid.uuid4().hex


def record(trail: str, action: str, by: Actor, **facts: JSON) -> Entry:
    """Add an entry to a trail, in the caller's transaction: what is undone leaves none.

    trail: 1 to 32 characters. action: what happened, `order.placed`. facts: what changed; strings,
    whole numbers, booleans, None, and lists and dicts of them. Money goes in as a string. Nothing
    secret, and of an e-mail address its `actors.email_fingerprint` only.

    Writers to one trail take turns until their transactions end. Returns the entry. Raises
    RuntimeError outside a transaction, ValueError for a bad trail or fact.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("record() needs a transaction: the entry belongs to what it tells of.")
    if not 0 < len(trail) <= 32:
        raise ValueError("A trail's name has 1 to 32 characters.")
    kept = _plain(facts)
    state = _locked(trail)
    who = asdict(by)
    entry = Entry(
        trail=trail,
        seq=state.length + 1,
        at=timezone.now(),
        action=action,
        facts=kept,
        prev_hash=state.head,
        **who,
    )
    entry.hash = hash_of(entry)
    entry.save()
    state.length, state.head = entry.seq, entry.hash
    state.save(update_fields=["length", "head"])
    return entry


def _locked(trail: str) -> Trail:
    rows = Trail.objects.select_for_update().filter(name=trail)
    if found := rows.first():
        return found
    Trail.objects.bulk_create([Trail(name=trail)], ignore_conflicts=True)
    return rows.get()


def head(trail: str) -> Head:
    """How far a trail has come: keep it elsewhere, and `verify` tells what was cut off since."""
    found = Trail.objects.filter(name=trail).first()
    return Head(found.length, found.head) if found else Head(0, "")


def verify(trail: str, known: Head | None = None) -> list[Break]:
    """Recompute a trail's chain. Returns where it is broken: nothing for a sound one.

    known: a `head` from before, kept elsewhere. Two queries.
    """
    return list(verify_all([trail], {trail: known} if known else {}))


def verify_all(trails: Iterable[str], known: Mapping[str, Head] | None = None) -> Iterator[Break]:
    """Recompute the chains of many trails; two queries for every 200 of them."""
    for names in batched(trails, _BATCH):
        # Heads first: what is added between the two queries is more than they promise, never less.
        heads = {
            state.name: Head(state.length, state.head)
            for state in Trail.objects.filter(name__in=names)
        }
        rows = Entry.objects.filter(trail__in=names).order_by("trail", "seq")
        entries = {name: list(own) for name, own in groupby(rows, lambda entry: entry.trail)}
        for name in names:
            before = [heads.get(name, Head(0, "")), (known or {}).get(name, Head(0, ""))]
            yield from _breaks(name, entries.get(name, []), before)


def _breaks(trail: str, entries: list[Entry], known: Iterable[Head]) -> Iterator[Break]:
    expected = 1
    prev_hash: str | None = ""
    for entry in entries:
        moved = False
        if entry.seq != expected:
            yield Break(trail, expected, "gap")
        elif hash_of(entry) != entry.hash:
            places = (other.seq for other in entries if other.seq != entry.seq)
            moved = any(hash_of(entry, seq) == entry.hash for seq in places)
            yield Break(trail, entry.seq, "swapped" if moved else "edited")
        elif prev_hash is not None and entry.prev_hash != prev_hash:
            yield Break(trail, entry.seq, "unlinked")
        expected, prev_hash = entry.seq + 1, None if moved else entry.hash
    hashes = {entry.seq: entry.hash for entry in entries}
    for before in known:
        if before.length >= expected:
            yield Break(trail, expected, "cut")
        elif before.length and hashes.get(before.length) != before.hash:
            yield Break(trail, before.length, "rewritten")


def hash_of(entry: Entry, seq: int | None = None) -> str:
    """SHA-256 over an entry's fields as canonical JSON: sorted keys, no blanks, ASCII."""
    content = {
        "trail": entry.trail,
        "seq": entry.seq if seq is None else seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": entry.action,
        "kind": entry.kind,
        "how": entry.how,
        "channel": entry.channel,
        "customer_id": entry.customer_id,
        "storefront": entry.storefront,
        "session": entry.session,
        "request_id": entry.request_id,
        "facts": entry.facts,
        "prev_hash": entry.prev_hash,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(fact: object) -> object:
    """What every database gives back as it was put in. Raises ValueError for anything else."""
    match fact:
        case None | bool() | int():
            return fact
        case str():
            return _text(fact)
        case Mapping():
            return {_text(name): _plain(value) for name, value in fact.items()}
        case Sequence() if not isinstance(fact, bytes | bytearray):
            return [_plain(value) for value in fact]
    raise ValueError(f"A {type(fact).__name__} is nothing a trail can keep: {fact!r}.")


def _text(text: object) -> str:
    """What a visitor typed may hold what no database takes: NUL and halves of characters."""
    if not isinstance(text, str):
        raise ValueError(f"The name of a fact is a text, not {text!r}.")
    return text.replace("\0", "").encode("utf-8", "replace").decode()
