"""schemathesis over the whole schema: as a guest, and as a customer.

No 5xx, and every answer as the schema says: its status, its type, its shape; methods that are none
are refused, and so is what breaks the schema. Two of its checks do not fit and are left out: that
what keeps the schema is accepted (a code that is used up is refused all the same), and that a call
without credentials gets 401 (a guest is served, and a missing key is 400 in this format);
tests/api/test_access.py asks each call as each caller instead.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from shop.api.client import StoreClient
from tests.pages.running import Demo

EXAMPLES = 15
"""Calls that are made up for each operation and each way of making them up."""
LEFT_OUT = "positive_data_acceptance,ignored_auth"
PASSWORD = "tall ships at noon"


def things(demo: Demo, token: str) -> dict[str, dict[str, str]]:
    """What there is to ask for, made by whoever asks: by operation, parameters by name."""
    store = StoreClient(f"http://127.0.0.1:{demo.port}", "pk_demo_galleria")
    caller = store.as_customer(token) if token else store.as_guest()
    variant = next(
        each["id"]
        for product in caller.products(limit=100)
        for each in product["variants"]
        if (each["inventory_quantity"] or 0) >= 50
    )
    cart = caller.create_cart()
    cart = caller.add_line(cart["id"], variant)
    region = caller.regions()[0]["id"]
    product = caller.products(limit=1)[0]
    return {
        "region": {"path.id": region},
        "product": {"path.id": product["id"]},
        "cart": {"path.id": cart["id"], "path.line": cart["items"][0]["id"]},
        "query": {"query.cart_id": cart["id"], "query.region_id": region},
    }


def configuration(found: dict[str, dict[str, str]], headers: dict[str, str]) -> str:
    """The file that tells schemathesis of them, for half of the operations' calls."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in headers.items()]
    text = "request-timeout = 30\n[headers]\n" + "\n".join(lines) + "\n[parameters]\n"
    text += "\n".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in found["query"].items())
    for start, kind in {
        "/store/regions/": "region",
        "/store/products/": "product",
        "/store/carts/": "cart",
    }.items():
        parameters = ", ".join(
            f"{json.dumps(name)} = {json.dumps(value)}" for name, value in found[kind].items()
        )
        text += f'\n[[operations]]\ninclude-path-regex = "^{start}"\n'
        text += f"parameters = {{ {parameters} }}\n"
    return text


@pytest.mark.parametrize("who", ["guest", "customer"])
def test_the_schema_holds(demo: Demo, tmp_path: Path, figures: list[str], who: str) -> None:
    # Given a guest, or a customer, with a cart
    headers = {"x-publishable-api-key": "pk_demo_galleria"}
    token = ""
    if who == "customer":
        guest = StoreClient(f"http://127.0.0.1:{demo.port}", "pk_demo_galleria").as_guest()
        identity = guest.register("grace@shop.example", PASSWORD)
        guest.store.as_customer(identity).create_customer(first_name="Grace")
        token = guest.log_in("grace@shop.example", PASSWORD)
        headers["authorization"] = f"Bearer {token}"
    config = tmp_path / "schemathesis.toml"
    config.write_text(configuration(things(demo, token), headers))

    # When schemathesis makes up calls
    done = run(demo, config, tmp_path, who)

    # Then nothing broke, and all was as the schema says
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    [tested] = re.findall(r"Tested: (\d+)", done.stdout)
    [generated] = re.findall(r"(\d+) generated", done.stdout)
    figures.append(f"schemathesis as a {who}: {tested} operations, {generated} calls, 0 failures")
    assert int(tested) >= 40


def run(demo: Demo, config: Path, folder: Path, who: str) -> subprocess.CompletedProcess[str]:
    # Who logs out in the middle is somebody else afterwards: that call is asked last, by tests/api.
    without = ["--exclude-path", "/auth/token/revoke"] if who == "customer" else []
    # Where both the key and a token are needed, it takes an unknown header for a broken schema.
    left_out = f"{LEFT_OUT},negative_data_rejection" if who == "customer" else LEFT_OUT
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(config)),
            *("run", f"http://127.0.0.1:{demo.port}/api/schema/?format=json"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)),
            *("--exclude-checks", left_out, "--continue-on-failure", "--workers", "2"),
            *("--warnings", "off", "--seed", "1", *without),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def test_a_broken_promise_would_be_found(demo: Demo, tmp_path: Path) -> None:
    """The same run over a schema that says another thing than the shop does."""
    address = f"http://127.0.0.1:{demo.port}"
    schema: dict[str, Any] = requests.get(f"{address}/api/schema/?format=json", timeout=10).json()
    schema["paths"] = {"/store/regions": schema["paths"]["/store/regions"]}
    schema["components"]["schemas"]["Region"]["properties"]["name"] = {"type": "integer"}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "run"),
            *(str(tmp_path / "schema.json"), "--url", address, "--max-examples", "2"),
            *("-H", "x-publishable-api-key: pk_demo_galleria", "--exclude-checks", LEFT_OUT),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "Response violates schema" in done.stdout
