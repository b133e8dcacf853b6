"""People, each with a mark in everything personal they type."""

import re
import secrets
from dataclasses import dataclass, field

MARK = re.compile(r"kanari[0-9a-f]{10}")
PASSWORD = "seven-quiet-otters"


def new_mark() -> str:
    """What no other person has and nothing else contains: one word, survives any change of case."""
    return f"kanari{secrets.token_hex(5)}"


@dataclass(frozen=True)
class Person:
    """One human, with or without an account; `mark` is in all that is theirs."""

    mark: str = field(default_factory=new_mark)
    has_account: bool = False

    @property
    def email(self) -> str:
        """Where their mails go."""
        return f"{self.mark}@example.com"

    @property
    def name(self) -> dict[str, str]:
        """First and last name."""
        return {"first_name": f"Ada {self.mark}", "last_name": f"Ng {self.mark}"}

    @property
    def address(self) -> dict[str, str]:
        """Where their parcels go, as forms and the API name it."""
        return {
            **self.name,
            "company": f"Company {self.mark}",
            "address_1": f"{self.mark} Street 1",
            "address_2": f"Floor {self.mark}",
            "city": f"City {self.mark}",
            "postal_code": "12345",
            "province": "",
            "country_code": "de",
            "phone": "+49 30 1234567",
        }

    @property
    def wish(self) -> str:
        """What they search for."""
        return f"jacket {self.mark}"
