"""The sidebar of the admin: every app that is there, with numbers of what waits for staff."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups and items as Unfold wants them: what this member of staff may see.

    settings.ADMIN_BADGES names, by model, the function that says what number stands beside it: it
    gets the request and returns None for no number.
    """
    return [
        {
            "title": app["name"],
            "items": [
                _item(f"{app['app_label']}.{model['object_name']}", model)
                for model in app["models"]
                if model["admin_url"]
            ],
        }
        for app in admin.site.get_app_list(request)
    ]


def _item(label: str, model: Any) -> dict[str, Any]:
    item = {"title": model["name"], "link": model["admin_url"]}
    if badge := settings.ADMIN_BADGES.get(label):
        item |= {"badge": badge, "badge_variant": "warning"}
    return item
