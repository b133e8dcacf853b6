"""The second factor, where no page of its own asks for it or its owner cannot help themselves."""

import structlog
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from accounts import letters, sealing
from accounts.models import User
from shop.storefronts.models import Storefront

CODES = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)

log = structlog.get_logger("accounts")


@transaction.atomic
def turn_off(user: User, *, storefront: Storefront, site_url: str) -> bool:
    """Remove an account's second factor with its recovery codes, and tell its owner by mail.

    Returns whether there was one.
    """
    _rows, deleted = Authenticator.objects.filter(user=user).delete()
    if not deleted:
        return False
    letter = letters.letter_for(
        "mfa/email/totp_deactivated", {"timestamp": timezone.now(), "browser": ""}
    )
    letters.send(
        letter,
        to=user.email,
        storefront=storefront,
        site_url=site_url,
        reference=f"account-{user.pk}",
    )
    log.info("second factor removed", account=user.pk, by="staff")
    return True


def reseal_all() -> tuple[int, list[int]]:
    """Seal every secret with today's SECRET_KEY; how many, and whose could not be opened.

    Each row is a transaction of its own. Safe twice, and while people sign in.
    """
    sealed, lost = 0, []
    for pk in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is None:
                continue
            try:
                for name in ("secret", "seed"):
                    if name in row.data:
                        row.data[name] = sealing.reseal(row.data[name])
            except sealing.CannotOpen:
                lost.append(row.user_id)
                continue
            row.save(update_fields=["data"])
            sealed += 1
    return sealed, lost


def is_right_code(user: User, code: str) -> bool:
    """Whether the code is one of the app's, or an unused recovery code; it is used up by that.

    Wrong codes are to be limited by the caller: six digits are soon tried out.
    """
    return any(
        factor.wrap().validate_code(code)
        for factor in Authenticator.objects.filter(user=user, type__in=CODES)
    )
