"""Stripe: the shopper pays on Stripe's own page (Checkout Session), cards never come near us.

The official library, with the API's version pinned to the one this was written against, and a
client of its own for each call: `stripe.api_key` is never set, so nothing in this process can
speak with a key that it was not given. Requests carry idempotency keys, webhooks are believed by
their signature alone. No account could be reached where this was written: docs/payment.md says
what was proved instead.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import stripe
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stripe.checkout import Session

from orders.payment import errors
from orders.payment.models import Payment, Refund
from orders.payment.money import from_minor, to_minor
from orders.payment.moves import RefundStatus, Status
from orders.payment.port import Answer, Event, Instruction, RefundNews, Seen, Started
from orders.payment.wire import TIMEOUT

API_VERSION: Final = "2026-10-28.endive"

LASTS: Final = timedelta(minutes=45)
"""How long Stripe's page takes a payment. It allows no less than half an hour from its creation,
which may come some minutes after the payment's own where Stripe had to be asked twice."""

WINDOW: Final = 300
"""Seconds that a webhook's signature is good for."""

# It would send the platform's name with each request, and leave a file in the home folder.
stripe.enable_telemetry = False

_REFUNDS: Final = {
    "succeeded": RefundStatus.DONE,
    "pending": RefundStatus.ASKED,
    "requires_action": RefundStatus.ASKED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
_SESSIONS: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
_INTENTS: Final = frozenset(
    {
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "payment_intent.canceled",
    }
)
_REFUND_EVENTS: Final = frozenset({"refund.created", "refund.updated", "refund.failed"})
EVENTS: Final = _SESSIONS | _INTENTS | _REFUND_EVENTS
"""What to send to the shop's webhook address: docs/payment.md."""


class Stripe:
    """Cards and whatever else is switched on in Stripe's dashboard."""

    slug = "stripe"
    label = gettext_lazy("Card and more (Stripe)")
    hint = gettext_lazy("You pay on Stripe's secure page and come back here.")
    redirects = True
    by_hand = False

    def start(self, payment: Payment, *, return_url: str, cancel_url: str) -> Started:
        """Make a Checkout Session with one line: the order, at its total."""
        ours = {"payment": payment.key, "order": payment.order.number}
        # The order's language: asked again, the question must be the same, whoever asks.
        with translation.override(payment.order.language):
            name = _("Order %(number)s") % {"number": payment.order.number}
        price = {
            "currency": payment.currency.lower(),
            "unit_amount": to_minor(payment.amount, payment.currency),
            "product_data": {"name": name},
        }
        params: Any = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": return_url,
            "cancel_url": cancel_url,
            "client_reference_id": payment.key,
            "customer_email": payment.order.email,
            "locale": _locale(payment.order.language),
            "expires_at": int((payment.created_at + LASTS).timestamp()),
            "metadata": ours,
            "payment_intent_data": {
                "metadata": ours,
                "capture_method": "manual" if settings.PAYMENT_MANUAL_CAPTURE else "automatic",
            },
        }
        with _client() as client:
            session = client.v1.checkout.sessions.create(params, _once(f"{payment.key}:start"))
            if not session.url:
                raise errors.GatewayNonsense("Stripe made a session without an address")
            return Started(redirect_url=session.url, reference=session.id)

    def capture(self, payment: Payment, amount: Decimal) -> Seen:
        """Collect what was authorised, or a part of it: Stripe releases the rest.

        https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
        """
        charge = payment.charge or self.look_up(payment).charge
        minor = to_minor(amount, payment.currency)
        if charge:
            with _client() as client:
                try:
                    client.v1.payment_intents.capture(
                        charge,
                        {"amount_to_capture": minor},
                        _once(f"{payment.key}:capture:{minor}"),
                    )
                except stripe.InvalidRequestError as error:
                    # Captured or released by somebody else meanwhile: what it is now, says so.
                    if error.code != "payment_intent_unexpected_state":
                        raise
        return self.look_up(payment)

    def refund(self, refund: Refund) -> Answer:
        """Pay back a part of what was collected.

        Stripe forgets idempotency keys after a day; a refund that is asked for again later is
        found by its metadata instead.
        """
        payment = refund.payment
        charge = payment.charge or self.look_up(payment).charge
        if not charge:
            raise errors.GatewayRefused("Stripe knows of no money to refund")
        params: Any = {
            "payment_intent": charge,
            "amount": to_minor(refund.amount, payment.currency),
            "metadata": {"payment": payment.key, "refund": refund.key},
        }
        with _client() as client:
            known = client.v1.refunds.list({"payment_intent": charge, "limit": 100})
            made = next(
                (
                    each
                    for each in known.auto_paging_iter()
                    if _ours(each).get("refund") == refund.key
                ),
                None,
            ) or client.v1.refunds.create(params, _once(f"{payment.key}:refund:{refund.pk}"))
            return Answer(_REFUNDS.get(str(made.status), RefundStatus.ASKED), made.id)

    def cancel(self, payment: Payment) -> Seen:
        """Close Stripe's page, or release what is authorised; nothing where neither is possible."""
        seen = self.look_up(payment)
        with _client() as client:
            try:
                if seen.status is Status.AUTHORIZED:
                    client.v1.payment_intents.cancel(seen.charge)
                elif seen.status is Status.PENDING and payment.reference:
                    client.v1.checkout.sessions.expire(payment.reference)
                else:
                    return seen
            except stripe.InvalidRequestError:
                pass  # it moved between the two questions; the next answer tells where to
        return self.look_up(payment)

    def look_up(self, payment: Payment) -> Seen:
        """Read the session with its money and refunds."""
        if not payment.reference:
            return Seen(Status.CREATED)
        with _client() as client:
            session = client.v1.checkout.sessions.retrieve(
                payment.reference, {"expand": ["payment_intent"]}
            )
            if session.client_reference_id != payment.key:
                raise errors.GatewayNonsense("Stripe answered with another payment's session")
            intent = session.payment_intent
            if intent is None or isinstance(intent, str):
                return _of_session(session)
            seen = _of_intent(intent, session)
            if seen.status is not Status.CAPTURED:
                return seen
            refunds = client.v1.refunds.list({"payment_intent": intent.id, "limit": 100})
            return Seen(
                seen.status,
                seen.amount,
                seen.currency,
                session.id,
                intent.id,
                tuple(_refund_news(each) for each in refunds.auto_paging_iter()),
            )

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> Event | None:
        """Check the signature with any of the secrets that are valid now, and read the event."""
        _verify(body, headers.get("Stripe-Signature", ""))
        try:
            # No key: what comes in a webhook must not be able to ask Stripe for more.
            event = stripe.StripeClient("none").construct_event_without_verification(body)
            return _read(event) if event.type in EVENTS else None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise errors.MalformedWebhook(f"not a Stripe event: {type(error).__name__}") from error

    def instructions(self, payment: Payment) -> list[Instruction]:
        """Nothing: Stripe's page says it all."""
        return []


@contextmanager
def _client() -> Iterator[stripe.StripeClient]:
    """A client for one call, which ends with it; its errors become ours."""
    if not settings.STRIPE_SECRET_KEY:
        raise errors.GatewayNotSetUp("STRIPE_SECRET_KEY is not set")
    http = stripe.RequestsClient(timeout=TIMEOUT)
    client = stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        stripe_version=API_VERSION,
        base_addresses={"api": settings.STRIPE_API_BASE},
        max_network_retries=0,
        http_client=http,
    )
    try:
        yield client
    except stripe.StripeError as error:
        raise _named(error) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # An answer without what every such answer has.
        raise errors.GatewayNonsense(f"Stripe: {type(error).__name__}") from error
    finally:
        http.close()  # type: ignore[no-untyped-call]


def _named(error: stripe.StripeError) -> errors.GatewayError:
    """Stripe's error as one of ours; its own message may quote the request, so it is left out."""
    told = f"{type(error).__name__} {error.http_status or ''} {error.code or ''}".strip()
    if isinstance(error, stripe.APIConnectionError):
        cause = type(error.__cause__).__name__
        kind = errors.GatewayTimeout if "Timeout" in cause else errors.GatewayUnreachable
        return kind(f"Stripe: {cause}")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return errors.GatewayNotSetUp(f"Stripe: {told}")
    if isinstance(error, stripe.RateLimitError) or (error.http_status or 0) >= 500:
        return errors.GatewayFailed(f"Stripe: {told}")
    if isinstance(error, stripe.APIError):
        return errors.GatewayNonsense(f"Stripe: {told}")
    return errors.GatewayRefused(f"Stripe: {told}")


def _verify(body: bytes, signature: str) -> None:
    """Raise BadSignature or StaleWebhook unless one of the secrets signed this, just now."""
    if not settings.STRIPE_WEBHOOK_SECRETS:
        raise errors.BadSignature("STRIPE_WEBHOOK_SECRETS is not set")
    stale = False
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(body, signature, secret, WINDOW)
        except stripe.SignatureVerificationError as error:
            stale = stale or "tolerance" in str(error)
        except ValueError as error:
            raise errors.BadSignature("not text") from error
        else:
            return
    if stale:
        raise errors.StaleWebhook("signed too long ago")
    raise errors.BadSignature("not signed with any of STRIPE_WEBHOOK_SECRETS")


def _read(event: stripe.Event) -> Event:
    found: Any = event.data.object
    if event.type in _SESSIONS:
        seen = _of_session(found, failed=event.type.endswith("payment_failed"))
    elif event.type in _INTENTS:
        seen = _of_intent(found, None)
    else:
        seen = Seen(None, charge=_id(found.payment_intent), refunds=(_refund_news(found),))
    key = _ours(found).get("payment", "")
    return Event(Stripe.slug, event.id, event.type, seen, key)


def _of_session(session: Session, *, failed: bool = False) -> Seen:
    reference, charge = session.id, _id(session.payment_intent)
    if failed:
        return Seen(Status.FAILED, reference=reference, charge=charge)
    if session.status == "expired":
        return Seen(Status.EXPIRED, reference=reference, charge=charge)
    if session.payment_status == "paid":
        currency = str(session.currency).upper()
        amount = from_minor(session.amount_total or 0, currency)
        return Seen(Status.CAPTURED, amount, currency, reference, charge)
    # Open; or complete and unpaid: the bank takes its time, or the amount is only authorised,
    # which the payment intent's own events say.
    return Seen(Status.PENDING, reference=reference, charge=charge)


def _of_intent(intent: stripe.PaymentIntent, session: Session | None) -> Seen:
    reference = session.id if session is not None else ""
    currency = intent.currency.upper()
    if intent.status == "succeeded":
        amount = from_minor(intent.amount_received, currency)
        return Seen(Status.CAPTURED, amount, currency, reference, intent.id)
    if intent.status == "requires_capture":
        amount = from_minor(intent.amount_capturable, currency)
        return Seen(Status.AUTHORIZED, amount, currency, reference, intent.id)
    status = Status.PENDING
    if intent.status == "canceled":
        status = Status.VOIDED
    elif session is not None and session.status == "expired":
        status = Status.EXPIRED
    elif session is not None and session.status == "complete" and _declined(intent):
        status = Status.FAILED
    return Seen(status, reference=reference, charge=intent.id)


def _declined(intent: stripe.PaymentIntent) -> bool:
    """Whether the bank said no after the shopper had left the page; on it, they may try again."""
    return intent.status == "requires_payment_method"


def _refund_news(refund: stripe.Refund) -> RefundNews:
    currency = refund.currency.upper()
    return RefundNews(
        reference=refund.id,
        status=_REFUNDS.get(str(refund.status), RefundStatus.ASKED),
        amount=from_minor(refund.amount, currency),
        key=_ours(refund).get("refund", ""),
    )


def _ours(found: Any) -> Mapping[str, str]:
    """What the shop wrote on it when it asked for it; nothing where it did not."""
    metadata = getattr(found, "metadata", None)
    return metadata.to_dict() if isinstance(metadata, stripe.StripeObject) else {}


def _id(expandable: Any) -> str:
    return str(getattr(expandable, "id", expandable) or "")


def _once(key: str) -> Any:
    return {"idempotency_key": key}


def _locale(language: str) -> str:
    """Stripe's name for a language of ours; "auto" leaves it to the browser."""
    return {"en": "en", "zh-hans": "zh", "zh-hant": "zh-TW", "de": "de"}.get(language, "auto")
