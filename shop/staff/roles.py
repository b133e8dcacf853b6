"""Who of the staff may do what: three roles, each a group of Django's.

Whoever needs something else gets another group beside, made in the admin: these three are set
anew with each migration, so that a role means the same in every shop.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

OWNER, MERCHANDISER, SUPPORT = "Owner", "Merchandiser", "Support"
ROLES = (OWNER, MERCHANDISER, SUPPORT)

_ALL = ("view", "add", "change", "delete")
_WRITE = ("view", "add", "change")
_VIEW = ("view",)

# By role: the app, its models ("*": all of them), and what may be done with them.
_MODELS: dict[str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = {
    MERCHANDISER: (
        ("catalogue", ("*",), _ALL),
        ("collections", ("*",), _ALL),
        ("pricing", ("*",), _ALL),
        ("stock", ("*",), _WRITE),
        ("storefronts", ("*",), _VIEW),
        ("orders", ("shippingmethod", "shippingrate"), _WRITE),
    ),
    SUPPORT: (
        ("orders", ("*",), _VIEW),
        ("payment", ("*",), _VIEW),
        ("carts", ("*",), _VIEW),
        ("mailing", ("*",), ("view", "change")),
        ("audit", ("*",), _VIEW),
        ("auditing", ("*",), _VIEW),
        ("accounts", ("user", "address"), _VIEW),
        ("catalogue", ("*",), _VIEW),
        ("stock", ("*",), _VIEW),
        ("storefronts", ("*",), _VIEW),
    ),
}
_DEEDS = {
    MERCHANDISER: ("stock.change_variantstock",),
    SUPPORT: (
        "orders.capture_payment",
        "orders.fulfil_order",
        "orders.refund_order",
        "orders.cancel_order",
        "orders.receive_return",
        "auditing.close_anomaly",
    ),
}


def give_permissions(**_: Any) -> None:
    """Give each role its permissions, and none but these. After every migration; safe any time."""
    for name in ROLES:
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set(permissions_of(name))


def permissions_of(role: str) -> Iterable[Permission]:
    """The permissions of a role. The owner has all of them; staff accounts are a superuser's."""
    if role == OWNER:
        return Permission.objects.all()
    wanted = Q()
    for app, models, verbs in _MODELS[role]:
        own = Q(content_type__app_label=app)
        for verb in verbs:
            if models == ("*",):
                wanted |= own & Q(codename__startswith=f"{verb}_")
            else:
                wanted |= own & Q(codename__in=[f"{verb}_{model}" for model in models])
    for name in _DEEDS[role]:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted).distinct()
