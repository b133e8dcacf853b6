"""The small worlds that are explored to the end."""

from itertools import combinations

from tests.proof.model import Setting
from tests.proof.process import REMEDIES, Rules
from tests.proof.state import MAIN, Intent, Tab

STEPS = Rules(steps=True)
COPIES = Rules(steps=True, copies=True)
AGAIN = Rules(remedies=REMEDIES | {"again"})


def tab(*script: str | tuple[str, str], browser: int = 0) -> Tab:
    """A tab in which a person opens pages ("a") or does something on a site ("a", "put:hat")."""
    intents = [Intent(each) if isinstance(each, str) else Intent(*each) for each in script]
    return Tab(browser, tuple(intents))


def refusing(*cookies: tuple[str, str]) -> Setting:
    """One browser that never keeps some kinds of cookies, and what it takes to open two pages."""
    name = ", ".join(f"{kind} on {site}" for site, kind in cookies)
    return Setting(
        f"refused: {name}", (tab("a", "a", ("a", "put:hat")),), refuses=frozenset(cookies)
    )


def _refusals() -> list[Setting]:
    kinds = [("a", kind) for kind in ("token", "key", "probe")]
    kinds += [(MAIN, kind) for kind in ("token", "main_key")]
    every = [chosen for count in range(1, 6) for chosen in combinations(kinds, count)]
    whole = [("*", "*")], [(MAIN, "*")], [("a", "*")], [("a", "token"), (MAIN, "*")]
    return [refusing(*chosen) for chosen in (*every, *whole)]


def _swaps() -> list[Setting]:
    return [
        Setting(
            f"two jars, swapped before every {n}. request from the {m}.",
            (tab("a", "a"),),
            habits=(("swap", str(n), str(m)),),
            most=7,
        )
        for n in range(1, 7)
        for m in range(n)
    ]


REFUSALS = _refusals() + _swaps()
"""Standing conditions: rule 3 for a browser that does the same with its cookies all the time."""

QUICK = [
    Setting("two tabs, two sites", (tab("a"), tab("b")), {"drop": 1, "die": 1, "reload": 1}),
    Setting("two tabs, one site", (tab("a"), tab("a")), {"drop": 1, "die": 1, "reload": 1}),
    Setting("three handshakes at once", (tab("a"), tab("b"), tab("a"))),
    Setting("a site's cookies vanish once", (tab("a", "b"),), {"lose": 1, "lose-token": 1}),
    Setting("main's cookies off, a site's vanish", (tab("a"),), {"lose": 2},
            frozenset({(MAIN, "*")})),
    Setting("a site's cookies gone before every page", (tab("a"),), rules=AGAIN,
            habits=(("forget", "a", "page"),), most=7),
    Setting("two jars, swapped at any time", (tab("a"),), {"rotate": 4}),
    Setting("a first POST, dropped and resumed again", (tab(("a", "put:hat")),),
            {"drop": 2, "reload": 2, "die": 1, "expire": 1}, most=9),
    Setting("a first POST of a foreign page", (tab(("a", "foreign:hat"), ("a", "confirm")),),
            {"drop": 1, "reload": 1}, most=9),
    Setting("a first POST on main", (tab((MAIN, "put:hat")), tab("a")), {"drop": 1, "lose": 1}),
    Setting("a stranger's address", (tab("a"), tab("a", "a", browser=1)),
            {"drop": 1, "stray": 2}),
    Setting("one code, two processes", (tab("a"), tab("a")), {"reload": 1}, rules=STEPS),
    Setting("two processes link one pair", (tab(MAIN), tab(MAIN)), {"die": 1}, rules=COPIES,
            tokens={MAIN: (1, 2)}),
    Setting("a link while a good is put in", (tab(MAIN), tab((MAIN, "put:cap"))),
            {"die": 1, "flush": 1}, rules=COPIES, tokens={MAIN: (1, 2)}),
    Setting("linked to a third meanwhile", (tab(MAIN), tab("a")), {"die": 1}, rules=COPIES,
            tokens={MAIN: (1, 2), "a": (2, 3)}),
    Setting("two renewals at once", (tab("a"), tab("b")), {"drop": 1}, rules=STEPS,
            tokens={MAIN: (1,)}, are_old=True),
    Setting("sites alone, then linked",
            (tab(("a", "fetch:hat"), "a"), tab(("b", "fetch:cap"), "b")), {"drop": 1},
            rules=Rules(slow=frozenset({"b"}))),
    Setting("a login, lost or not", (tab(("a", "login:ada"), "a"), tab("b")), {"drop": 1}),
    Setting("a login and a logout", (tab("b", ("a", "login:ada"), ("a", "logout")), tab("b"))),
    Setting("two customers", (tab(("a", "login:ada")), tab(("b", "login:bob")))),
    Setting("a login that main may not hear of, then POSTs",
            (tab(("a", "login:ada"), (MAIN, "put:hat"), ("b", "put:cap")),),
            {"drop": 2, "reload": 1}),
    Setting("a login that main may not hear of, then a script on main",
            (tab(("a", "login:ada"), (MAIN, "fetch:hat"), MAIN, "b"),), {"drop": 2}),
    Setting("a checkout, first presented by a script",
            (tab(("a", "fetch:hat"), ("a", "checkout"), ("a", "fetch:cap"), "b"), tab(MAIN)),
            {"drop": 1}),
]  # fmt: skip

FULL = [
    Setting("three handshakes at once, one message lost", (tab("a"), tab("b"), tab("a")),
            {"drop": 1}),
    Setting("three handshakes at once, Redis emptied", (tab("a"), tab("b")),
            {"flush": 1, "expire": 1, "drop": 1, "wait": 1}, most=9),
    Setting("two processes link one pair, Redis emptied", (tab(MAIN), tab(MAIN)),
            {"die": 1, "flush": 1}, rules=COPIES, tokens={MAIN: (1, 2)}),
    Setting("a vouched token is linked before its code comes back",
            (tab("a"), tab("a")), {"lapse": 1, "die": 1}, rules=COPIES),
    Setting("three processes link one pair", (tab(MAIN), tab(MAIN), tab(MAIN)), {"die": 1},
            rules=STEPS, tokens={MAIN: (1, 2)}),
    Setting("a first POST and another tab, codes expire", (tab(("a", "put:hat")), tab("a")),
            {"drop": 1, "reload": 1, "expire": 1}, most=9),
    Setting("a first POST, Redis emptied", (tab(("a", "put:hat")), tab("b")),
            {"drop": 1, "reload": 1, "flush": 1}, most=9),
    Setting("a first POST, keys and tokens vanish", (tab(("a", "put:hat")), tab("a")),
            {"lose-key": 1, "lose-token": 1}, most=9),
    Setting("two tabs remembered by main", (tab("a"), tab("a")), {"drop": 1, "reload": 1},
            rules=AGAIN),
    Setting("a cart, two customers, a logout",
            (tab(("a", "fetch:hat"), ("a", "login:ada")),
             tab(("b", "login:bob"), ("b", "logout")))),
]  # fmt: skip

LONG = [
    Setting("logged out while a replacement is on its way",
            (tab(("a", "login:ada"), ("a", "checkout")),
             tab(("b", "login:ada"), ("b", "logout")))),
]  # fmt: skip
