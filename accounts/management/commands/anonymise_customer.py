"""`manage.py anonymise_customer`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import translation

from accounts.models import User
from accounts.queries import confirmed_emails
from accounts.services import personal_data
from accounts.services.personal_data import Outcome, Person


class Command(BaseCommand):
    """Takes a person out of the shop: their account, and what they left as a guest."""

    help = (
        "Erase what the shop knows of a person: account, addresses, sign-ins, cart, mails, and the "
        "names and addresses in their orders, which stay for the books without them. Whoever is "
        "meant must have shown that it is them. Orders under way, and those that "
        "BOOKS_KEEP_NAMES_DAYS keeps, are left alone and named: run the command again later, "
        "with --due for all of them at once. Safe twice; what was erased cannot be had back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, and whether in earnest."""
        parser.add_argument(
            "who",
            nargs="?",
            metavar="EMAIL|ID",
            help="the person's e-mail address (also a guest's), or the number of their account",
        )
        parser.add_argument(
            "--due",
            action="store_true",
            help="finish with everybody who was erased while something had to be kept; for a timer",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be erased, and erase nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, and say what was. Raises CommandError for nobody, staff, or a bad argument."""
        if bool(options["who"]) == options["due"]:
            raise CommandError("Name one person (EMAIL or ID), or give --due. Nothing was changed.")
        with translation.override("en"):
            if options["due"]:
                people = [Person(user) for user in User.objects.exclude(erased_at=None)]
            else:
                people = [self._person(options["who"])]
            for person in people:
                self._erase(person, dry_run=options["dry_run"], is_alone=not options["due"])
        if options["due"]:
            self.stdout.write(f"{len(people)} erased accounts looked at")

    def _person(self, who: str) -> Person:
        if "@" in who:
            email = who.strip().lower()
            user = User.objects.filter(email=email).first()
            emails = {email, *(confirmed_emails(user) if user else [])}
            return Person(user, tuple(sorted(emails)))
        if not who.isdecimal():
            raise CommandError(f"{who!r} is neither an e-mail address nor a number.")
        user = User.objects.filter(pk=int(who)).first()
        if user is None:
            raise CommandError(f"There is no account {who}. Nothing was changed.")
        return Person(user, () if user.erased_at else tuple(confirmed_emails(user)))

    def _erase(self, person: Person, *, dry_run: bool, is_alone: bool) -> None:
        try:
            with transaction.atomic():
                outcomes = personal_data.erase_all(person, in_spite_of_blocks=True)
                transaction.set_rollback(dry_run)
        except personal_data.StaffAccount:
            raise CommandError(
                "This is a member of staff: take the staff rights away first. Nothing was changed."
            ) from None
        told = [outcome for outcome in outcomes if outcome.count or outcome.kept]
        if not told and is_alone:
            self.stdout.write("There is nothing (left) to erase.")
        for outcome in told:
            self.stdout.write(self._line(outcome, dry_run=dry_run))

    def _line(self, outcome: Outcome, *, dry_run: bool) -> str:
        done = "would be erased" if dry_run else "erased"
        line = f"{outcome.what}: {outcome.count} {done}"
        return f"{line}; kept: {outcome.kept}" if outcome.kept else line
