"""The tests' settings for the drill's servers: mails go into a folder, the gateway is elsewhere."""

import os
from pathlib import Path
from typing import Any

from shop.settings.test import *  # noqa: F403
from shop.settings.test import DATABASES as _DATABASES

# Without the tests' leave to empty the audit trail.
DATABASES = {
    "default": {
        **{name: value for name, value in _DATABASES["default"].items() if name != "OPTIONS"},
        "CONN_MAX_AGE": 60,
    }
}
_MAILER: dict[str, Any] = {
    "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    "OPTIONS": {"file_path": str(Path(os.environ["DRILL_FOLDER"]) / "mails")},
}
MAILERS = {"default": _MAILER}
PAYMENT_GATEWAYS = ["sandbox", "on-delivery", "bank-transfer"]
SANDBOX_GATEWAY_HOST = os.environ["DRILL_GATEWAY"]
