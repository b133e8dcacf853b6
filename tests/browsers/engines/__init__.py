"""Three browser engines behind one interface."""

from .base import ANYWHERE, Cookie, Engine
from .chromium import Chromium
from .firefox import Firefox
from .webkit import WebKit

ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (Chromium, Firefox, WebKit)}

__all__ = ["ANYWHERE", "ENGINES", "Cookie", "Engine"]
