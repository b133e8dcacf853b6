"""Time the lists, searches and suggestions of a big catalogue: the views, as a browser asks them.

    DATABASE_URL=postgres://… python -m benchmarks.search --seed 1000 --seed 100000
    DATABASE_URL=postgres://… python -m benchmarks.search --explain

`--seed N` brings the database to N trial products (seed_demo's) before it measures; without it
the database is measured as it is. Prints a Markdown table of medians in milliseconds: “first” has
nothing in the cache, “again” asks once more within the minute that large counts are kept.
"""

import argparse
import os
import statistics
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.test")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from shop.catalogue.demo.loading import load_demo  # noqa: E402
from shop.catalogue.demo.many import add_many  # noqa: E402
from shop.catalogue.models import Product  # noqa: E402
from shop.storefronts.queries import main_storefront  # noqa: E402

RUNS = 5
PAGES = {
    "a department": "/category/clothing/",
    "… by price": "/category/clothing/?sort=price",
    "… page 100": "/category/clothing/?page=100",
    "… size M or L, on sale": "/category/clothing/?size=L&size=M&sale=1",
    "a category": "/category/clothing/shirt-trials/",
    "… olive, one vendor, to €100": "/category/clothing/shirt-trials/"
    "?colour=Olive&vendor=Wick+%26+Loom&max=100",
    "search: necklace": "/search/?q=necklace",
    "search: copper oak lamp": "/search/?q=copper+oak+lamp",
    "search: neckalce": "/search/?q=neckalce",
    "search: a SKU": "/search/?q=trial-77-1",
    "search: qqqqqqq": "/search/?q=qqqqqqq",
    "suggest: nec": "/search/suggest/?q=nec",
    "suggest: copper oak": "/search/suggest/?q=copper+oak",
}


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(text + "\n")


def measure() -> dict[str, tuple[int, float, float]]:
    """By page: queries, and the medians of first and second asking, in milliseconds."""
    client = Client(headers={"host": main_storefront().domain})
    found = {}
    for name, address in PAGES.items():
        first, again = [], []
        for _ in range(RUNS):
            cache.clear()
            main_storefront()
            for times in (first, again):
                begun = time.perf_counter()
                response = client.get(address)
                times.append((time.perf_counter() - begun) * 1000)
                assert response.status_code == 200, (address, response)
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        found[name] = (len(captured), statistics.median(first), statistics.median(again))
    return found


def explain() -> None:
    """Print each page's queries with their plans."""
    client = Client(headers={"host": main_storefront().domain})
    for name, address in PAGES.items():
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        say(f"\n## {name}: {address}")
        for query in captured.captured_queries:
            if not query["sql"].startswith("SELECT"):
                continue
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF) " + query["sql"])
                plan = "\n".join(line for (line,) in cursor.fetchall())
            say(f"\n{query['sql'][:300]}\n{plan}")


def main() -> None:
    """Read the arguments and do as they say."""
    arguments: Any = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, action="append", default=[], metavar="N")
    arguments.add_argument("--explain", action="store_true")
    said = arguments.parse_args()
    settings.LOGGING_CONFIG = None
    load_demo()
    columns = []
    for wanted in said.seed or [0]:
        if wanted:
            add_many(wanted)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
        if said.explain:
            explain()
        else:
            columns.append((Product.objects.count(), measure()))
    if columns:
        say("| page | queries |" + "".join(f" {n:,} first | again |" for n, _ in columns))
        say("| --- | --- |" + " --- | --- |" * len(columns))
        for name in PAGES:
            times = "".join(f" {c[name][1]:.0f} | {c[name][2]:.0f} |" for _, c in columns)
            say(f"| {name} | {columns[-1][1][name][0]} |{times}")


if __name__ == "__main__":
    main()
