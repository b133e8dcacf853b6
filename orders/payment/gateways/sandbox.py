"""Sandbox Pay: a payment company that moves no money, to try a shop with.

It is spoken to as any such company: signed requests over HTTP, and nothing of it is imported here.
docs/payment.md describes what it can be told to do.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from orders.payment import errors, signatures
from orders.payment.addresses import webhook_url
from orders.payment.models import Payment, Refund
from orders.payment.money import from_minor, to_minor
from orders.payment.moves import RefundStatus, Status
from orders.payment.port import Answer, Event, Instruction, RefundNews, Seen, Started
from orders.payment.wire import NoAnswer, TooSlow, ask

_STATUSES = {
    "open": Status.PENDING,
    "processing": Status.PENDING,
    "declined": Status.FAILED,
    "expired": Status.EXPIRED,
    "cancelled": Status.CANCELLED,
    "authorized": Status.AUTHORIZED,
    "released": Status.VOIDED,
    "captured": Status.CAPTURED,
}
_REFUNDS = {"done": RefundStatus.DONE, "pending": RefundStatus.ASKED, "failed": RefundStatus.FAILED}
_MONEY = {"authorized", "captured"}
_PORT = re.compile(":[0-9]+$")
"""Of a sandbox on a server of its own; without one it has the shop's."""


class Sandbox:
    """Shoppers are sent to its own site, `SANDBOX_GATEWAY_HOST`, and come back."""

    slug = "sandbox"
    label = _("Sandbox Pay")
    hint = _("A trial payment: you see every step, and no money moves.")
    redirects = True
    by_hand = False

    def start(self, payment: Payment, *, return_url: str, cancel_url: str) -> Started:
        """Register the payment there."""
        found = self._call(
            payment,
            "POST",
            "/v1/payments",
            key=payment.key,
            amount=to_minor(payment.amount, payment.currency),
            currency=payment.currency,
            capture=not settings.PAYMENT_MANUAL_CAPTURE,
            description=payment.order.number,
            language=payment.order.language,
            return_url=return_url,
            cancel_url=cancel_url,
            webhook_url=webhook_url(_at_own_port(payment.site_url), self.slug),
        )
        redirect_url = str(found.get("pay_url", ""))
        if urlsplit(redirect_url).hostname != _PORT.sub("", settings.SANDBOX_GATEWAY_HOST):
            raise errors.GatewayNonsense("its page is not on its own site")
        return Started(redirect_url=redirect_url, reference=_text(found, "id"))

    def capture(self, payment: Payment, amount: Decimal) -> Seen:
        """Collect what was authorised, or a part of it."""
        minor = to_minor(amount, payment.currency)
        found = self._call(payment, "POST", f"{_path(payment)}/capture", amount=minor)
        return _seen(found, payment)

    def refund(self, refund: Refund) -> Answer:
        """Pay back a part; the same key is the same refund there."""
        payment = refund.payment
        amount = to_minor(refund.amount, payment.currency)
        found = self._call(
            payment, "POST", f"{_path(payment)}/refunds", key=refund.key, amount=amount
        )
        try:
            return Answer(_REFUNDS[_text(found, "status")], _text(found, "id"))
        except KeyError as error:
            raise errors.GatewayNonsense(f"no such refund status: {error}") from error

    def cancel(self, payment: Payment) -> Seen:
        """Call the payment off; one that is collected stays so."""
        found = self._call(payment, "POST", f"{_path(payment)}/cancel", may_be_missing=True)
        return _seen(found, payment) if found else Seen(Status.CREATED)

    def look_up(self, payment: Payment) -> Seen:
        """Ask by its name for the payment, or by ours where we have not heard it."""
        found = self._call(payment, "GET", _path(payment), may_be_missing=True)
        return _seen(found, payment) if found else Seen(Status.CREATED)

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> Event | None:
        """Check the signature and read the message: the payment as it was at its moment."""
        try:
            signatures.verify(
                settings.SANDBOX_GATEWAY_SECRET,
                headers.get("Sandbox-Signature", ""),
                b"webhook",
                body,
            )
        except signatures.OutsideWindow as error:
            raise errors.StaleWebhook(str(error)) from error
        except signatures.NotSigned as error:
            raise errors.BadSignature(str(error)) from error
        try:
            told = json.loads(body)
            found = told["payment"]
            return Event(
                gateway=self.slug,
                id=_text(told, "id"),
                kind=_text(told, "type"),
                seen=_read(found),
                payment_key=_text(found, "key"),
            )
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            raise errors.MalformedWebhook(repr(error)) from error

    def instructions(self, payment: Payment) -> list[Instruction]:
        """Nothing: its own page says it all."""
        return []

    def _call(
        self,
        payment: Payment,
        method: str,
        path: str,
        *,
        may_be_missing: bool = False,
        **said: Any,
    ) -> dict[str, Any]:
        """Ask the sandbox. Raises GatewayError; {} for a 404 where that is an answer."""
        site = _site(payment)
        body = json.dumps(said).encode() if said else b""
        signature = signatures.sign(
            settings.SANDBOX_GATEWAY_SECRET, method.encode(), path.encode(), body
        )
        headers = {"Sandbox-Signature": signature, "Content-Type": "application/json"}
        try:
            reply = ask(method, f"{site}{path}", body=body, headers=headers)
        except TooSlow as error:
            raise errors.GatewayTimeout(str(error)) from error
        except NoAnswer as error:
            raise errors.GatewayUnreachable(str(error)) from error
        if reply.status == 404 and may_be_missing:
            return {}
        if reply.status in {401, 403}:
            raise errors.GatewayNotSetUp("the sandbox does not accept SANDBOX_GATEWAY_SECRET")
        if reply.status >= 500 or reply.status == 429:
            raise errors.GatewayFailed(f"status {reply.status}")
        try:
            found = json.loads(reply.body)
        except ValueError as error:
            raise errors.GatewayNonsense(f"status {reply.status}, and no JSON") from error
        if not isinstance(found, dict):
            raise errors.GatewayNonsense(f"status {reply.status}, and no object")
        if reply.status >= 400:
            raise errors.GatewayRefused(f"status {reply.status}: {str(found.get('error'))[:100]}")
        return found


def _site(payment: Payment) -> str:
    """Scheme and host of the sandbox. Raises GatewayNotSetUp."""
    host = settings.SANDBOX_GATEWAY_HOST
    if not host:
        raise errors.GatewayNotSetUp("SANDBOX_GATEWAY_HOST is not set")
    shop = urlsplit(_at_own_port(payment.site_url))
    port = f":{shop.port}" if shop.port and not _PORT.search(host) else ""
    return f"{shop.scheme}://{host}{port}"


def _at_own_port(site_url: str) -> str:
    """A site where the shop answers: its address is from a Host header, which may name any port."""
    shop = urlsplit(site_url)
    if settings.SANDBOX_SHOP_PORT is None:
        return site_url
    return f"{shop.scheme}://{shop.hostname}:{settings.SANDBOX_SHOP_PORT}"


def _path(payment: Payment) -> str:
    """Its address there: by its name for the payment, or by ours."""
    name = payment.reference or f"key:{payment.key}"
    return f"/v1/payments/{quote(name, safe=':')}"


def _seen(found: Mapping[str, Any], payment: Payment) -> Seen:
    """Read an answer. Raises GatewayNonsense, also for one about another payment."""
    try:
        seen = _read(found)
        key = _text(found, "key")
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise errors.GatewayNonsense(f"an answer that makes no sense: {error!r}") from error
    if key != payment.key:
        raise errors.GatewayNonsense("an answer about another payment")
    return seen


def _read(found: Mapping[str, Any]) -> Seen:
    currency = _text(found, "currency")
    status = _text(found, "status")
    refunds = tuple(
        RefundNews(
            reference=_text(each, "id"),
            status=_REFUNDS[_text(each, "status")],
            amount=from_minor(_whole(each, "amount"), currency),
            key=_text(each, "key"),
        )
        for each in found["refunds"]
    )
    amount = from_minor(_whole(found, "amount"), currency) if status in _MONEY else None
    return Seen(
        status=_STATUSES[status],
        amount=amount,
        currency=currency if amount is not None else "",
        reference=_text(found, "id"),
        refunds=refunds,
    )


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found[name]
    if not isinstance(value, str) or len(value) > 255:
        raise TypeError(name)
    return value


def _whole(found: Mapping[str, Any], name: str) -> int:
    value = found[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**14:
        raise TypeError(name)
    return value
