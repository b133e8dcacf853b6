"""The mails about an order. Their templates are in templates/orders/mail/."""

import logging

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from orders.countries import country_name
from orders.models import Order

logger = logging.getLogger(__name__)


def send_order_placed(order: Order, site_url: str) -> None:
    """Confirm an order to the shopper, in the order's language.

    site_url: scheme and host of the site it was placed on, https://apparel.example. The order
    stands whether or not the mail goes out: a failure is logged, and never raised.
    """
    try:
        with translation.override(order.language):
            context = {
                "order": order,
                "lines": order.lines.select_related("storefront").all(),
                "country": country_name(order.country_code),
                "order_url": site_url + reverse("orders:order", args=[order.token]),
            }
            mail = EmailMultiAlternatives(
                subject=_("Your order %(number)s at %(shop)s")
                % {"number": order.number, "shop": order.storefront.name},
                body=render_to_string("orders/mail/placed.txt", context),
                to=[order.email],
            )
            html = render_to_string("orders/mail/placed.html", context)
            mail.attach_alternative(html, "text/html")
            mail.send()
    except Exception:
        logger.exception("the mail about order %s was not sent", order.number)
