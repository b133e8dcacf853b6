"""The tests' settings for a worker in a process of its own: it joins the tests' database."""

import os

from shop.settings.test import *  # noqa: F403
from shop.settings.test import DATABASES as _DATABASES

DATABASES = {"default": {**_DATABASES["default"], "NAME": os.environ["TEST_DATABASE"]}}
MAILERS = {"default": {"BACKEND": "shop.mailing.console.ReadableConsoleBackend"}}
