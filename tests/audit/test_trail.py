"""The chain: what is written, and how each way of tampering shows. On both databases."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from shop.audit import trail
from shop.audit.actors import Actor
from shop.audit.models import Entry, Trail
from shop.audit.trail import Break, Head
from tests.audit.helpers import GUEST, run, unguarded, write

pytestmark = pytest.mark.usefixtures("database")


def test_entries_are_numbered_and_chained() -> None:
    first, second = write("cart-1", "cart.line_added", "order.placed")

    assert [(first.seq, first.prev_hash), (second.seq, second.prev_hash)] == [
        (1, ""), (2, first.hash),
    ]  # fmt: skip
    assert trail.head("cart-1") == Head(2, second.hash)
    assert trail.verify("cart-1") == []


def test_an_entry_says_who_how_and_where() -> None:
    by = Actor("customer", "token", 7, "home", "jti-1", "req-1", "api")
    with transaction.atomic():
        trail.record("cart-1", "order.placed", by, total="12.50", lines=[{"sku": "A", "n": 2}])

    entry = Entry.objects.get()
    assert (entry.kind, entry.how, entry.channel, entry.customer_id) == (
        "customer", "token", "api", 7,
    )  # fmt: skip
    assert (entry.storefront, entry.session, entry.request_id) == ("home", "jti-1", "req-1")
    assert entry.facts == {"total": "12.50", "lines": [{"sku": "A", "n": 2}]}


def test_what_is_undone_leaves_no_entry() -> None:
    write("cart-1", "one")

    with transaction.atomic():
        trail.record("cart-1", "two", GUEST)
        transaction.set_rollback(True)

    assert [entry.action for entry in Entry.objects.all()] == ["one"]
    assert trail.verify("cart-1") == []
    write("cart-1", "three")
    assert trail.verify("cart-1") == []


@pytest.mark.parametrize("fact", [1.5, Decimal("1.50"), b"x", {1: "x"}, object(), {"a": [{2}]}])
def test_facts_that_a_database_might_give_back_differently_are_refused(fact: Any) -> None:
    with pytest.raises(ValueError, match=r"keep|text"), transaction.atomic():
        trail.record("cart-1", "one", GUEST, fact=fact)

    assert not Entry.objects.exists()


@pytest.mark.parametrize("name", ["", "x" * 33])
def test_a_trail_has_a_name_of_a_sensible_length(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 32"), transaction.atomic():
        trail.record(name, "one", GUEST)


FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(facts=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), FACTS, max_size=4))
def test_whatever_was_typed_the_chain_holds(facts: dict[str, Any]) -> None:
    facts = {f"fact_{name}": fact for name, fact in facts.items()}
    name = trail.new_trail()
    with transaction.atomic():
        trail.record(name, "one", GUEST, **facts)
        trail.record(name, "two", GUEST)

    assert trail.verify(name) == []


def written() -> list[Entry]:
    return write("cart-1", "one", "two", "three", "four")


def test_an_edited_entry_is_named() -> None:
    written()
    with unguarded():
        Entry.objects.filter(seq=3).update(facts={"step": "another"})

    assert trail.verify("cart-1") == [Break("cart-1", 3, "edited")]


@pytest.mark.parametrize(
    "column", ["action", "kind", "how", "channel", "storefront", "session", "request_id"]
)
def test_every_column_counts(column: str) -> None:
    written()
    with unguarded():
        Entry.objects.filter(seq=2).update(**{column: "x"})

    assert trail.verify("cart-1") == [Break("cart-1", 2, "edited")]


def test_an_edit_with_its_hash_recomputed_shows_in_the_next_entry() -> None:
    entries = written()
    entries[1].action = "another"
    with unguarded():
        Entry.objects.filter(seq=2).update(action="another", hash=trail.hash_of(entries[1]))

    assert trail.verify("cart-1") == [Break("cart-1", 3, "unlinked")]


def test_a_missing_entry_is_a_gap() -> None:
    written()
    with unguarded():
        run("DELETE FROM audit_entry WHERE seq = 2")

    assert trail.verify("cart-1") == [Break("cart-1", 2, "gap")]


def test_missing_entries_at_the_beginning_are_a_gap() -> None:
    written()
    with unguarded():
        run("DELETE FROM audit_entry WHERE seq < 3")

    assert trail.verify("cart-1") == [Break("cart-1", 1, "gap")]


def test_two_that_changed_places_are_swapped() -> None:
    written()
    with unguarded():
        for before, after in ((2, 9), (3, 2), (9, 3)):
            run("UPDATE audit_entry SET seq = %s WHERE seq = %s", after, before)

    assert trail.verify("cart-1") == [
        Break("cart-1", 2, "swapped"), Break("cart-1", 3, "swapped"),
    ]  # fmt: skip


def test_an_entry_from_another_trail_is_no_entry_of_this_one() -> None:
    written()
    write("cart-2", "one")
    with unguarded():
        run("DELETE FROM audit_entry WHERE trail = 'cart-1' AND seq = 1")
        run("UPDATE audit_entry SET trail = 'cart-1' WHERE trail = 'cart-2'")

    assert trail.verify("cart-1")[0] == Break("cart-1", 1, "edited")


def test_a_tail_that_was_cut_off_shows() -> None:
    written()
    with unguarded():
        run("DELETE FROM audit_entry WHERE seq > 2")

    assert trail.verify("cart-1") == [Break("cart-1", 3, "cut")]


def test_a_trail_that_is_gone_altogether_shows() -> None:
    written()
    with unguarded():
        run("DELETE FROM audit_entry")

    assert trail.verify("cart-1") == [Break("cart-1", 1, "cut")]


def test_a_tail_cut_off_with_its_head_shows_against_a_head_that_was_kept_elsewhere() -> None:
    entries = written()
    kept = trail.head("cart-1")
    with unguarded():
        run("DELETE FROM audit_entry WHERE seq > 2")
        run("UPDATE audit_trail SET length = 2, head = %s", entries[1].hash)

    assert trail.verify("cart-1") == []
    assert trail.verify("cart-1", kept) == [Break("cart-1", 3, "cut")]


def test_a_trail_written_anew_shows_against_a_head_that_was_kept_elsewhere() -> None:
    written()
    kept = trail.head("cart-1")
    with unguarded():
        run("DELETE FROM audit_entry")
        run("DELETE FROM audit_trail")
    write("cart-1", "one", "two", "three", "something else", "and more")

    assert trail.verify("cart-1") == []
    assert trail.verify("cart-1", kept) == [Break("cart-1", 4, "rewritten")]


def test_a_head_kept_on_the_way_agrees_with_a_longer_trail() -> None:
    write("cart-1", "one", "two")
    kept = trail.head("cart-1")
    write("cart-1", "three")

    assert trail.verify("cart-1", kept) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'x'",
        "UPDATE audit_entry SET hash = hash",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_trail",
        "UPDATE audit_trail SET head = 'x'",
        "UPDATE audit_trail SET length = length - 1",
        "UPDATE audit_trail SET length = length + 2",
        "UPDATE audit_trail SET length = length + 1, name = 'x'",
    ],
)
def test_the_database_refuses_to_change_or_delete(statement: str) -> None:
    written()

    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        run(statement)

    assert trail.verify("cart-1") == []


def test_python_adds_only() -> None:
    entry = written()[0]
    entry.action = "x"

    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.delete()

    assert trail.verify("cart-1") == []


def test_many_trails_are_verified_with_two_queries_for_200(
    django_assert_num_queries: Any,
) -> None:
    names = [f"cart-{number}" for number in range(201)]
    for name in names:
        write(name, "one", "two")
    with unguarded():
        Entry.objects.filter(trail="cart-200", seq=2).update(action="x")

    with django_assert_num_queries(4):
        found = list(trail.verify_all(names))

    assert found == [Break("cart-200", 2, "edited")]


def test_an_entry_costs_three_queries(django_assert_num_queries: Any) -> None:
    write("cart-1", "one")
    with transaction.atomic(), django_assert_num_queries(3):
        trail.record("cart-1", "two", GUEST)


def test_a_trail_nobody_wrote_to_is_sound_and_empty() -> None:
    assert (trail.verify("cart-1"), trail.head("cart-1")) == ([], Head(0, ""))
    assert not Trail.objects.exists()
