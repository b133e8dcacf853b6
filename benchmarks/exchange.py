"""Take product files in and out as an operator does: each step a `manage.py` command of its own.

    python -m benchmarks.exchange              # a generated file of 100,000 rows: time and memory
    python -m benchmarks.exchange FILE...      # these files: in, out, empty database, in, out

On SQLite, in a temporary folder, with a Valkey of its own. Exit status 1 where an import of what
was exported is not exported as the same bytes.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shop.ops.services import Valkey

ROOT = Path(__file__).resolve().parent.parent
PRODUCTS = 50_000
"""With two rows each."""
FORMATS = ("shopify", "woocommerce")
HEADER = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name",
    "Option1 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Price",
    "Variant Compare At Price", "Image Src", "Image Position", "Image Alt Text",
)  # fmt: skip
_STOREFRONT = (
    "from shop.storefronts.models import Storefront as S; "
    "S.objects.create(slug='trial', name='Trial', domain='trial.localhost', is_main=True)"
)


class Catalogue:
    """A database of one storefront without products, in a folder of its own."""

    def __init__(self, folder: Path, redis: str) -> None:
        """Make it."""
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "shop.settings.demo",
            "DATABASE_URL": "",
            "DEMO_DIR": str(folder),
            "REDIS_URL": redis,
        }
        self.run("migrate", "--verbosity", "0")
        self.run("shell", "--verbosity", "0", "--command", _STOREFRONT)

    def run(self, *arguments: str) -> tuple[str, float, float]:
        """What the command said last, its seconds, and its peak memory in MB.

        Raises CalledProcessError.
        """
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout
        lines = process.stdout.read().strip().splitlines()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args, "\n".join(lines))
        seconds = time.perf_counter() - begun
        return lines[-1] if lines else "", seconds, usage.ru_maxrss / 1024


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def generate(file: Path, products: int = PRODUCTS) -> None:
    """Write a Shopify file: two rows a product, with a variant and a picture each."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        out = csv.writer(opened)
        out.writerow(HEADER)
        for number in range(products):
            handle = f"mug-{number}"
            for place, size in enumerate(("Small", "Large"), 1):
                first = place == 1
                out.writerow([
                    handle, f"Mug No. {number}" if first else "",
                    f"<p>Thrown by hand, glazed <b>twice</b>; no. {number}.</p>" if first else "",
                    f"Kiln {number % 40}" if first else "",
                    f"Kitchen > Mugs {number % 25}" if first else "",
                    f"mug, batch {number % 100}" if first else "", "true" if first else "",
                    "Size" if first else "", size, f"MUG-{number}-{place}", 300 * place, "shopify",
                    number % 30, "deny", f"{9 + number % 20}.50",
                    f"{12 + number % 20}.00" if number % 5 == 0 else "",
                    f"https://pictures.example/{handle}/{place}.jpg", place, f"{size} mug",
                ])  # fmt: skip


def measure(folder: Path, redis: str) -> None:
    """Print a Markdown table of a big file's times and memory."""
    file, other = folder / "big.csv", folder / "big-woocommerce.csv"
    generate(file)
    say(f"{2 * PRODUCTS:,} rows, {file.stat().st_size / 1e6:.1f} MB\n")
    shop = Catalogue(folder / "big", redis)
    steps = {
        "nothing: `check`": ["check"],
        "import into an empty catalogue": ["import_products", str(file), "--storefront", "trial"],
        "the same file again": ["import_products", str(file), "--storefront", "trial"],
        "export in WooCommerce's format": [
            "export_products", str(other), "--storefront", "trial", "--format", "woocommerce",
        ],
        "that file as a dry run": [
            "import_products", str(other), "--storefront", "trial", "--dry-run",
        ],
    }  # fmt: skip
    say("| | time | peak memory | said |\n| --- | --- | --- | --- |")
    for name, arguments in steps.items():
        said, seconds, memory = shop.run(*arguments)
        say(f"| {name} | {seconds:.0f} s | {memory:.0f} MB | {said} |")


def round_trips(files: list[Path], folder: Path, redis: str) -> bool:
    """Take each file in and out, and in and out again; whether all came back the same."""
    same = True
    for file in files:
        first = Catalogue(folder / f"{file.stem}-first", redis)
        say(f"{file.name}: {first.run('import_products', str(file), '--storefront', 'trial')[0]}")
        for kind in FORMATS:
            one, two = (folder / f"{file.stem}-{kind}-{which}.csv" for which in ("one", "two"))
            first.run("export_products", str(one), "--storefront", "trial", "--format", kind)
            empty = Catalogue(folder / f"{file.stem}-{kind}", redis)
            empty.run("import_products", str(one), "--storefront", "trial")
            empty.run("export_products", str(two), "--storefront", "trial", "--format", kind)
            equal = one.read_bytes() == two.read_bytes()
            same = same and equal
            say(f"  {kind}: {one.stat().st_size:,} bytes, {'the same' if equal else 'DIFFERENT'}")
    return same


def main(files: list[str]) -> int:
    """Do as the arguments say. Returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="galleria-exchange-") as kept:
        folder = Path(kept)
        valkey = Valkey(folder / "valkey")
        valkey.start()
        try:
            if files:
                return 0 if round_trips([Path(each) for each in files], folder, valkey.url) else 1
            measure(folder, valkey.url)
            return 0
        finally:
            valkey.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
