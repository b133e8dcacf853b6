"""Which offers are running for a shopper at a moment, and why a code brings none."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from shop.audit.actors import email_fingerprint
from shop.pricing.models import CustomerGroup, Promotion, Redemption, Voucher
from shop.pricing.models.promotions import Limited, normal_code
from shop.pricing.offers import Offer


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who buys: an account, a typed e-mail address, both or neither."""

    customer: User | None = None
    email: str = ""

    @property
    def fingerprints(self) -> list[str]:
        """Of the addresses they are known by, the typed one first."""
        addresses = [self.email, self.customer.email if self.customer else ""]
        found = [email_fingerprint(address) for address in addresses if address.strip()]
        return list(dict.fromkeys(found))

    def redemptions(self) -> QuerySet[Redemption]:
        """What they have used before."""
        own = Q(email_fingerprint__in=self.fingerprints)
        if self.customer is not None:
            own |= Q(customer=self.customer)
        return Redemption.objects.filter(own)

    @property
    def is_known(self) -> bool:
        """Whether there is anything to know them by."""
        return self.customer is not None or bool(self.email.strip())


@dataclass(slots=True)
class Running:
    """The offers that run for a shopper, as far as their cart has no say in it.

    refused: codes, as typed, with a sentence that says why they bring nothing.
    """

    offers: list[Offer] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    """Codes as they are stored, and as they were typed."""


def offers_for(shopper: Shopper, codes: Sequence[str], at: datetime) -> Running:
    """The offers that run at this moment for a shopper who has typed these codes.

    At most five queries, whatever the number of offers and codes.
    """
    running = Running()
    automatic = {each.pk: each for each in Promotion.objects.automatic()}
    vouchers = _vouchers(codes)
    promotions = {**automatic, **{each.promotion_id: each.promotion for each in vouchers.values()}}
    limits = _Limits(promotions)
    uses = _Uses(shopper, [*promotions.values(), *vouchers.values()])
    groups = _groups_of(shopper) if limits.groups else set()
    for promotion in automatic.values():
        if not (_why_not(promotion, at, uses) or limits.why_not(promotion, groups)):
            running.offers.append(limits.offer(promotion))
    taken: dict[int, str] = {}
    for typed in codes:
        voucher = vouchers.get(normal_code(typed))
        if voucher is None:
            running.refused[typed] = _("We do not know this code. Please check its spelling.")
            continue
        promotion = voucher.promotion
        if reason := (
            _why_not(voucher, at, uses)
            or _why_not(promotion, at, uses)
            or limits.why_not(promotion, groups)
            or _why_not_again(promotion, taken)
        ):
            running.refused[typed] = reason
            continue
        taken[promotion.pk] = voucher.code
        running.typed[voucher.code] = typed
        running.offers.append(limits.offer(promotion, voucher.code))
    return running


def _vouchers(codes: Sequence[str]) -> dict[str, Voucher]:
    wanted = {normal_code(code) for code in codes}
    if not wanted:
        return {}
    found = Voucher.objects.filter(code__in=wanted).select_related("promotion")
    return {voucher.code: voucher for voucher in found}


def _groups_of(shopper: Shopper) -> set[int]:
    if shopper.customer is None:
        return set()
    mine = CustomerGroup.objects.filter(members=shopper.customer)
    return set(mine.values_list("pk", flat=True))


def _why_not(limited: Promotion | Voucher, at: datetime, uses: "_Uses") -> str:
    if not limited.is_active:
        return _("This code is not valid at the moment.")
    if limited.starts_at is not None and at < limited.starts_at:
        return _("This code is valid from %(day)s.") % {"day": _day(limited.starts_at, at)}
    if limited.ends_at is not None and at >= limited.ends_at:
        return _("This code ended on %(day)s.") % {"day": _day(limited.ends_at, at)}
    if limited.usage_limit is not None and limited.used >= limited.usage_limit:
        return _("This code has been used as often as it could be.")
    most = limited.usage_limit_per_customer
    if most is not None and uses.of(limited) >= most:
        return _("You have used this code before.") if most else _("This code is not for you.")
    return ""


def _why_not_again(promotion: Promotion, taken: dict[int, str]) -> str:
    if promotion.automatic:
        return _("You get “%(offer)s” without a code.") % {"offer": promotion.name}
    if promotion.pk in taken:
        return _("“%(code)s” is a code for the same offer.") % {"code": taken[promotion.pk]}
    return ""


def _day(moment: datetime, now: datetime) -> str:
    """A day as people say it: the year only where it is not this one."""
    there = timezone.localtime(moment)
    this_year = there.year == timezone.localtime(now).year
    return date_format(there, "MONTH_DAY_FORMAT" if this_year else "DATE_FORMAT")


class _Uses:
    """How often this shopper has used each promotion and voucher; one query, or none."""

    def __init__(self, shopper: Shopper, limited: Iterable[Limited]) -> None:
        self._promotions: Counter[int] = Counter()
        self._vouchers: Counter[int | None] = Counter()
        if not shopper.is_known or all(x.usage_limit_per_customer is None for x in limited):
            return
        rows = shopper.redemptions().values_list("promotion", "voucher").annotate(n=Count("pk"))
        for promotion, voucher, count in rows.order_by():
            self._promotions[promotion] += count
            self._vouchers[voucher] += count

    def of(self, limited: Promotion | Voucher) -> int:
        """How often they have used it."""
        counts = self._promotions if isinstance(limited, Promotion) else self._vouchers
        return counts[limited.pk]


class _Limits:
    """What each promotion is limited to; one query, however many, and none for none."""

    def __init__(self, promotions: Iterable[int]) -> None:
        self._of: dict[tuple[int, str], list[str]] = defaultdict(list)
        for promotion, kind, value in _limit_rows(list(promotions)):
            self._of[promotion, kind].append(value)

    @property
    def groups(self) -> bool:
        """Whether any of them is for groups only."""
        return any(kind == "group" for _promotion, kind in self._of)

    def why_not(self, promotion: Promotion, groups: set[int]) -> str:
        """Why somebody of these groups does not get it; "" where they do."""
        wanted = self._of.get((promotion.pk, "group"))
        if not wanted or groups & {int(each) for each in wanted}:
            return ""
        return _("This offer is for certain customers. If you are one of them, please log in.")

    def offer(self, promotion: Promotion, code: str = "") -> Offer:
        """The promotion with its limits."""
        of = self._of
        return Offer(
            promotion,
            category_paths=tuple(of.get((promotion.pk, "category"), ())),
            products=frozenset(map(int, of.get((promotion.pk, "product"), ()))),
            storefronts=frozenset(map(int, of.get((promotion.pk, "storefront"), ()))),
            code=code,
        )


def _limit_rows(promotions: list[int]) -> Iterable[tuple[int, str, str]]:
    if not promotions:
        return []
    tables = (
        (Promotion.categories.through, "category", "category__path"),
        (Promotion.products.through, "product", "product_id"),
        (Promotion.storefronts.through, "storefront", "storefront_id"),
        (Promotion.groups.through, "group", "customergroup_id"),
    )
    first, *others = (
        table._default_manager.filter(promotion__in=promotions).values_list(
            "promotion_id",
            Value(kind, CharField()),
            Cast(F(column), CharField()),
        )
        for table, kind, column in tables
    )
    return first.union(*others, all=True)
