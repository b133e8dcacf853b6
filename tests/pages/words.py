"""Finds English words on a page that should be Chinese."""

import re

from tests.pages.shopper import PERSON

SAID = r"""() => {
  const found = new Set();
  const spoken = ["alt", "title", "placeholder", "aria-label", "aria-description"];
  const walker = document.createTreeWalker(document.documentElement, 5, (node) => {
    const element = node.nodeType === 1 ? node : node.parentElement;
    const silent = "script, style, noscript, template, svg:not([role=img]) *, code";
    if (element.closest(silent)) return 3;
    const tongue = element.closest("[lang]").lang.toLowerCase();
    return tongue === document.documentElement.lang.toLowerCase() ? 1 : 3;
  });
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const texts = node.nodeType === 3
      ? [node.data]
      : [...spoken.map((name) => node.getAttribute(name)),
         node.matches("input[type=submit], input[type=button]") ? node.value : null];
    for (const text of texts) if (text && text.trim()) found.add(text.trim().replace(/\s+/g, " "));
  }
  for (const meta of document.querySelectorAll("meta[name=description], meta[property='og:title']"))
    found.add(meta.content);
  return [...found];
}"""
"""A script that tells what a page says, hidden texts for those who listen among it."""

NAMES = {
    # shops and services
    "Galleria", "Threadwell", "Lumen & Stone", "Lumen", "Stone", "Hearthside", "Sandbox Pay",
    "Stripe", "Google",
    # makers
    "Apiary Nine", "Atelier Marron", "Bramble & Beech", "Fenwick Lighting", "Halden Silver",
    "Kiln Street Pottery", "Maris & Daughter", "Northgate Outerwear", "Ostra Workshop",
    "Skerry Knits", "Sole Union", "Wick & Loom",
    # the demo's seller, staff and machine, what was searched for, and a field's name
    "Galleria Demo", "1 Arcade Street, 12345 Sampleton, Germany", "Demo Admin", "Demo",
    "Linux", "zzzz", "quantity",
    # terms and units
    "Cookie", "IBAN", "BIC", "SKU", "cm", "mm", "kg", "ml", "XS", "XL", "XXL", "LED", "UTC",
    "EUR", "JSON", "PDF",
    *PERSON.values(),
}  # fmt: skip
"""What is written the same way in Chinese."""
_CODE = re.compile(
    r"/[\w/-]+/|\b(?:[\w.+-]+@[\w-]+(?:\.[\w-]+)*|https?://\S+|[\w-]+\.localhost(?::\d+)?|[A-Z]*-?\d[\dA-Z-]*)\b"
)
_WORDS = re.compile(r"[A-Za-z][A-Za-z'’]+(?:[ -][A-Za-z'’]+)*")


def english_in(said: str, names: set[str]) -> list[str]:
    """The English words of a text, but for names and codes."""
    text = said
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", " ", text)
    return _WORDS.findall(_CODE.sub(" ", text))
