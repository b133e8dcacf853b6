"""The session engine: Django's session API over tokens, rows and their copies in Redis.

`SESSION_ENGINE = "sessionsync.engine"`. A store is made from the tokens a browser presented and
looks nothing up until it is used. `session_key` is the key of the session they end at, or None.
"""

import contextlib
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.db import IntegrityError, transaction

from sessionsync import links, records
from sessionsync.conf import get_config
from sessionsync.goods import SessionGone, lock_session
from sessionsync.models import Session
from sessionsync.records import Record, SessionCodec
from sessionsync.tokens import Token, mint

_ATTEMPTS = 5
_UNREAD = object()


class SessionStore(SessionCodec):
    """One visitor's session.

    tokens: those the browser presented, already found genuine. session_key: for code that knows
    a session by its key (Django's own tests and commands do); the two exclude each other.
    site: the id of the sub-site that they were presented to.
    will_change: read the row and not its copy. Saving compares with the row and tells Redis
    anyway, so that a change costs one round trip to it.
    """

    def __init__(
        self,
        session_key: str | None = None,
        tokens: Iterable[Token] = (),
        *,
        site: str = "",
        will_change: bool = False,
    ) -> None:
        self.presented = tuple(tokens)
        self._site = site
        self._read = records.read_row if will_change else records.read
        if session_key is not None:
            try:
                self.presented = (Token.from_key(session_key),)
            except ValueError:
                self.presented = ()
        self.minted: Token | None = None
        self.ended = False
        self._record: Record | object | None = _UNREAD
        self._loaded = ""
        super().__init__(None)

    # Which session this is.

    @property
    def record(self) -> Record | None:
        """The session the presented tokens end at; None if none names a session."""
        if self._record is _UNREAD:
            tokens = self.presented
            record = links.settle(tokens, self._read, site=self._site) if tokens else None
            self._record = self._if_in_use(record) if record and record.principal else record
        found = self._record
        return found if isinstance(found, Record) else None

    @staticmethod
    def _if_in_use(record: Record) -> Record | None:
        """A signed-in session, unless it was left alone for too long: then it ends here.

        The age is looked at here because browsers keep "session" cookies for months.
        """
        idle, longest = time.time() - record.used_at, get_config().idle_age
        if idle > longest:
            links.retire_family(record.key)
            return None
        return links.touch(record) if idle > longest / 30 else record

    @property
    def resolved(self) -> bool:
        """Whether the session was looked up at all."""
        return self._record is not _UNREAD

    @property
    def is_retired(self) -> bool:
        """Whether tokens were presented and looked up, and none of them names a session."""
        return (
            self._record is None and bool(self.presented) and self.minted is None and not self.ended
        )

    @property
    def is_whole(self) -> bool:
        """Whether the one token that was presented names this session."""
        return len(self.presented) == 1 and self.minted is None and self.record is not None

    def _get_session_key(self) -> str | None:
        record = self.record
        return record.key if record else None

    def _set_session_key(self, value: str | None) -> None:
        """Django's base class sets None; a key of our own choosing comes from `_adopt` only."""
        if value is not None:
            raise ValueError("A session's key comes from its token.")

    session_key = property(_get_session_key)
    _session_key = property(_get_session_key, _set_session_key)

    @property
    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = self._session  # type: ignore[attr-defined]  # Django's, untyped
        return values

    def _mint(self) -> Token:
        self.minted = mint(time.time_ns(), self.presented)
        self.ended = False
        return self.minted

    # Reading.

    def load(self) -> dict[str, Any]:
        """The session's data; empty for a visitor without a session."""
        record = self.record
        self._loaded = record.data if record else ""
        return self._decoded()

    def _decoded(self) -> dict[str, Any]:
        data: dict[str, Any] = self.decode(self._loaded) if self._loaded else {}
        return data

    def exists(self, session_key: str) -> bool:
        """Whether a session with this key has been stored."""
        return Session.objects.filter(key=session_key).exists()

    # Writing.

    def create(self) -> None:
        """Give the visitor a session: a new token, no row until there is something to keep."""
        token = self._mint()
        self._record = Record(key=token.key, family=token.key, stored=False)
        self._session_cache: dict[str, Any] = {}
        self._loaded = ""
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Store what was changed, compare-and-set, database before cache.

        A rival's change to other names is kept; to the same name, the later save wins. What was
        linked meanwhile is saved where it went; what was retired refuses.
        Raises CreateError, UpdateError as Django's own engines do.
        """
        if self.record is None:
            data = self._values
            self.create()
            self._session_cache = data
        if must_create and self.record and self.record.stored:
            raise CreateError
        for _ in range(_ATTEMPTS):
            record = self.record
            if record is None:
                raise UpdateError
            if record.stored:
                if self._update(record):
                    return
                self._rebase(record.key)
            elif self._insert(record):
                return
            elif must_create:
                raise CreateError
            else:
                self._rebase(record.key)
        raise UpdateError

    def _fields(self, record: Record) -> dict[str, Any]:
        data = self._values
        principal = str(data.get(SESSION_KEY, ""))
        signed_in_at = record.signed_in_at if principal == record.principal else time.time()
        moment = datetime.fromtimestamp(signed_in_at, UTC) if principal and signed_in_at else None
        return {"data": self.encode(data), "principal": principal, "signed_in_at": moment}

    def _update(self, record: Record) -> bool:
        fields, now = self._fields(record), datetime.now(UTC)
        changed = Session.objects.filter(
            key=record.key, state=Session.State.OPEN, version=record.version
        ).update(**fields, version=record.version + 1, used_at=now)
        if changed:
            self._remember(
                Session(
                    key=record.key,
                    version=record.version + 1,
                    family=record.family,
                    replaces=record.replaces,
                    used_at=now,
                    **fields,
                )
            )
        return bool(changed)

    def _insert(self, record: Record) -> bool:
        row = Session(
            key=record.key, family=record.family, replaces=record.replaces, **self._fields(record)
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return False
        self._remember(row)
        return True

    def _remember(self, row: Session) -> None:
        record = Record.of(row)
        self._record = record
        self._loaded = record.data
        transaction.on_commit(lambda: records.write_copy(record))

    def _rebase(self, key: str) -> None:
        """Read what is there now and do our own changes to it again."""
        ours, base = self._values, self._decoded()
        row = Session.objects.filter(key=key).first()
        while row is not None and row.state == Session.State.LINKED:
            row = Session.objects.filter(key=row.successor).first()
        if row is None or row.state == Session.State.RETIRED:
            self._record = None
            return
        self._record = Record.of(row)
        theirs = self.load()
        for name in ours.keys() | base.keys():
            if name not in ours:
                theirs.pop(name, None)
            elif name not in base or ours[name] != base[name]:
                theirs[name] = ours[name]
        self._session_cache = theirs

    # Ending and replacing.

    def delete(self, session_key: str | None = None) -> None:
        """End a session, its own by default, and every other of the same family."""
        key = session_key or self.session_key
        if key:
            links.retire_family(key)

    def flush(self) -> None:
        """Log out: end the session with its family; what is written next begins a new one."""
        self.delete()
        self.clear()
        self.ended = True
        self.minted = None
        self._record = None
        self._loaded = ""

    def cycle_key(self) -> None:
        """Replace the token, as every sign-in must.

        The new session takes over, goods and all, when its cookie first comes back: if the
        response that carries it is lost, the old token still names the old session.
        """
        data, old = self._values, self.record
        token = self._mint()
        record = Record(key=token.key, family=token.key, stored=False)
        with transaction.atomic():
            if old is not None:
                with contextlib.suppress(SessionGone):  # logged out meanwhile: nothing to replace
                    root = lock_session(old.key)
                    family = Session.objects.values_list("family", flat=True).get(key=root)
                    record = replace(record, family=family, replaces=root)
            self._record = record
            self._session_cache = data
            self._loaded = ""
            self.modified = True
            self._insert(record)

    async def acycle_key(self) -> None:
        """See `cycle_key`."""
        await sync_to_async(self.cycle_key)()

    async def aflush(self) -> None:
        """See `flush`."""
        await sync_to_async(self.flush)()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete rows that no cookie can name any more."""
        links.prune(time.time_ns())
