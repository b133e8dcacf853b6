"""Bank transfer: the shopper sends the money, with a reference that cannot be mistyped unseen."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.payment.gateways.by_hand import ByHand
from orders.payment.models import Payment
from orders.payment.port import Instruction, Started
from shop.catalogue.money import format_money


class BankTransfer(ByHand):
    """The order's page and mail say where to send how much; staff mark it as received."""

    slug = "bank-transfer"
    label = gettext_lazy("Bank transfer")
    hint = gettext_lazy("You get our bank details and transfer the amount yourself.")

    def start(self, payment: Payment, *, return_url: str, cancel_url: str) -> Started:
        """Nobody has to be told; the reference is what the shopper writes on the transfer."""
        return Started(reference=creditor_reference(payment.order.number))

    def instructions(self, payment: Payment) -> list[Instruction]:
        """Account holder, IBAN, BIC (where one is set), amount and reference."""
        bic = [Instruction(_("BIC"), settings.BANK_BIC)] if settings.BANK_BIC else []
        return [
            Instruction(_("Account holder"), settings.BANK_ACCOUNT_HOLDER),
            Instruction(_("IBAN"), in_fours(settings.BANK_IBAN)),
            *bic,
            Instruction(_("Amount"), format_money(payment.order.payable, payment.currency)),
            Instruction(_("Reference"), in_fours(payment.reference)),
        ]


def creditor_reference(number: str) -> str:
    """An order's number as an ISO 11649 reference: G-2026-000123 is RF79G2026000123.

    Banks check its two digits, so a typing error is caught before the money is on its way. Other
    signs than Latin letters and digits are left out. Raises ValueError where more than 21 are left.
    """
    bare = "".join(sign for sign in number.upper() if sign.isascii() and sign.isalnum())
    if not 0 < len(bare) <= 21:
        raise ValueError(f"{number!r} makes no reference: it needs 1 to 21 letters and digits")
    return f"RF{98 - _remainder(bare + 'RF00'):02}{bare}"


def is_valid_iban(iban: str) -> bool:
    """Whether an account number's check digits are right (ISO 13616); blanks do not matter."""
    bare = "".join(iban.split()).upper()
    well_formed = bare.isascii() and bare.isalnum() and 15 <= len(bare) <= 34
    return well_formed and bare[:2].isalpha() and _remainder(bare[4:] + bare[:4]) == 1


def in_fours(code: str) -> str:
    """A code in groups of four, as it is printed: DE89 3704 0044."""
    bare = "".join(code.split())
    return " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))


def _remainder(text: str) -> int:
    """ISO 7064's mod 97-10 of letters and digits, a letter being two digits: A is 10."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97
