"""Production's settings with one leak planted; the proof must find it. Used by no other server."""

import os

from shop.settings.production import *  # noqa: F403
from shop.settings.production import MIDDLEWARE
from tests.isolation.plants import PLANTS

MIDDLEWARE = PLANTS[os.environ["ISOLATION_PLANT"]].among(MIDDLEWARE)
