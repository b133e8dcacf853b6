"""`manage.py sessionsync check | stats | trace | prune`: what operators ask of a network."""

import json
import ssl
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sessionsync import store
from sessionsync.conf import get_config
from sessionsync.operations import pruning, stats, trace
from sessionsync.operations.check import check
from sessionsync.operations.findings import Finding, Status
from sessionsync.operations.outcomes import MEANINGS
from sessionsync.operations.stats import Report, Tally
from sessionsync.operations.tables import Table
from sessionsync.operations.trace import NothingNamed, Trace
from sessionsync.operations.wire import Network


class Command(BaseCommand):
    """See docs/sessionsync/operators.md for what each answer means."""

    help = "Look at a network of sites that share sessions."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the four commands and their options."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        one = actions.add_parser("check", help="configuration, stores, and every site from outside")
        one.add_argument("--scheme", choices=["https", "http"], help="https, unless configured")
        one.add_argument("--port", type=int, help="if it is not the scheme's own")
        one.add_argument("--ca", metavar="FILE", help="the one certificate authority to trust")
        one.add_argument(
            "--address", help="connect here for every site, whatever DNS says (a new server)"
        )
        two = actions.add_parser("stats", help="handshakes and what came of them")
        two.add_argument("--hours", type=_hours, default=24, help="how far back (at most 2160)")
        three = actions.add_parser("trace", help="one shopper's way, hop by hop")
        three.add_argument("who", help="a session's fingerprint, or an order's number")
        actions.add_parser("prune", help="delete what no browser can name any more")
        for action in (one, two, three):
            action.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one of them. Raises CommandError, and so a status of 1, where something is wrong."""
        getattr(self, f"_{options['action']}")(options)

    def _show(self, *tables: Table) -> None:
        for table in tables:
            colour = self.stdout.isatty() and self.style.ERROR("x") != "x"
            self.stdout.write(table.render(colour=colour) + "\n")

    def _json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False))

    # check

    def _check(self, options: dict[str, Any]) -> None:
        network = _network(options)
        found = list(check(network))
        failed = sum(finding.status is Status.FAIL for finding in found)
        if options["format"] == "json":
            self._json({"ok": not failed, "findings": [_finding(each) for each in found]})
        else:
            rows = [(f.status, f.subject, f.looked_at, f.said) for f in found]
            title = f"The network, by {network.scheme} on port {network.number}"
            self._show(Table(title, ("", "where", "what", "found"), list(rows)))
        if failed:
            raise CommandError(f"{failed} of {len(found)} failed.{_nobody_there(found, network)}")
        if options["format"] == "table":
            self.stdout.write(f"All {len(found)} hold.")

    # stats

    def _stats(self, options: dict[str, Any]) -> None:
        try:
            found = stats.report(options["hours"])
        except store.StoreUnavailable as error:
            raise CommandError(f"Redis is away, and the counts are there: {error}") from error
        if options["format"] == "json":
            self._json(stats.as_json(found))
        elif not found.whole.outcomes:
            self.stdout.write(f"No handshake in the last {found.hours} hours.")
        else:
            self._show(*_stats_tables(found))

    # trace

    def _trace(self, options: dict[str, Any]) -> None:
        try:
            found = trace.trace(options["who"])
        except NothingNamed as error:
            raise CommandError(
                f"{error} is no fingerprint (10 letters and digits), and no order's number."
            ) from error
        if options["format"] == "json":
            self._json(trace.as_json(found))
        else:
            self._show_trace(found)
        if found.redis_away:
            raise CommandError(f"Redis is away, and the journal is there: {found.redis_away}")

    def _show_trace(self, found: Trace) -> None:
        if found.fingerprint != found.asked.lower():
            self.stdout.write(f"{found.asked} was placed in session {found.fingerprint}.\n\n")
        if found.hops:
            self._show(_hops_table(found))
        elif not found.redis_away:
            self.stdout.write(_nothing_known(found))
        if found.sessions:
            self._show(_sessions_table(found))
        else:
            self.stdout.write(
                "The database has no such session: nothing was ever put in it, or it was pruned.\n"
            )

    # prune

    def _prune(self, options: dict[str, Any]) -> None:
        gone = pruning.prune()
        self.stdout.write(
            f"Deleted {gone.sessions} expired sessions and {gone.carried_out} marks of requests "
            "carried out more than a day ago."
        )


def _hours(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 2160:
        raise ValueError
    return number


def _configured() -> str:
    """Where to look unless told; where the configuration is wrong, the check itself will say so."""
    try:
        return get_config().checked_at
    except (ImproperlyConfigured, ImportError):
        return "https"


def _network(options: dict[str, Any]) -> Network:
    scheme, _colon, port = _configured().partition(":")
    if options["scheme"] not in {None, scheme}:
        scheme, port = options["scheme"], ""
    if scheme == "http" and options["ca"]:
        raise CommandError("--ca is for https.")
    trust = None
    if scheme == "https":
        try:
            trust = ssl.create_default_context(cafile=options["ca"])
        except OSError as error:
            raise CommandError(f"--ca {options['ca']}: {error.strerror or error}") from error
    return Network(scheme, options["port"] or int(port or 0) or None, options["address"], trust)


def _nobody_there(found: list[Finding], network: Network) -> str:
    """What else to say where no site answers at all: it was a wrong place to look, or too early."""
    sites = {
        each.status
        for each in found
        if each.looked_at == "reachable" and each.subject not in {"Redis", "database"}
    }
    if sites != {Status.FAIL}:
        return ""
    return (
        f" No site answers by {network.scheme} on port {network.number}: does the shop run, and "
        "there? --scheme, --port and --address say where to look."
    )


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "status": finding.status.lower(),
        "subject": finding.subject,
        "looked_at": finding.looked_at,
        "said": finding.said,
    }


def _stats_tables(found: Report) -> list[Table]:
    whole, by_day = found.whole, found.step.days > 0
    headings = ("from (UTC)", "begun", "arrived", "alone", "healings", "stops", "links")
    over_time = Table(f"Handshakes, last {found.hours} hours", headings)
    for start, tally in found.steps.items():
        if tally.outcomes:
            when = f"{start:%Y-%m-%d}" if by_day else f"{start:%Y-%m-%d %H:%M}"
            over_time.rows.append((when, *_numbers(tally)))
    over_time.rows.append(("together", *_numbers(whole)))
    outcomes = Table("Outcomes", ("hop", "outcome", "count", "meaning"))
    for hop, outcome, number in stats.outcome_rows(whole):
        outcomes.rows.append((hop, outcome, number, MEANINGS.get((hop, outcome), "")))
    engines = Table("Engines", ("engine", "begun", "arrived"))
    for engine, number in whole.begun_by_engine.most_common():
        engines.rows.append((engine, number, whole.arrived_by_engine[engine]))
    transports = Table("Transports", ("transport", "begun"))
    transports.rows += whole.begun_by_transport.most_common()
    median, late = whole.quantile(0.5), whole.quantile(0.95)
    title = "Time taken"
    if median is not None and late is not None:
        title += f": half within {median:.2f} s, 95% within {late:.2f} s (estimated)"
    took = Table(title, ("seconds", "handshakes"))
    took.rows += [row for row in stats.took_rows(whole) if row[1]]
    return [table for table in (over_time, outcomes, engines, transports, took) if table.rows]


def _numbers(tally: Tally) -> tuple[int, ...]:
    return (
        tally.begun,
        tally.arrived,
        tally.alone,
        tally.healings,
        tally.stops,
        tally.met,
    )


def _hops_table(found: Trace) -> Table:
    headings = ("time (UTC)", "site", "hop", "outcome", "session", "by", "took", "why")
    table = Table(f"The way of {found.fingerprint}, hop by hop", headings)
    for entry in found.hops:
        when = f"{trace.moment(entry.at):%Y-%m-%d %H:%M:%S.%f}"[:-3]
        session = f"{entry.session} → {entry.other}" if entry.other else entry.session
        by = " ".join(word for word in (entry.engine, entry.transport) if word)
        took = f"{float(entry.took):.2f} s" if entry.took else ""
        why = entry.why or str(MEANINGS.get((entry.hop, entry.outcome), ""))
        table.rows.append((when, entry.site, entry.hop, entry.outcome, session, by, took, why))
    return table


def _sessions_table(found: Trace) -> Table:
    headings = ("session", "state", "leads to", "signed in", "minted (UTC)", "last changed (UTC)")
    table = Table("These sessions in the database now", headings)
    for each in found.sessions:
        signed_in = "yes" if each.signed_in else "no"
        times = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (each.minted, each.changed)]
        table.rows.append((each.fingerprint, each.state, each.leads_to, signed_in, *times))
    return table


def _nothing_known(found: Trace) -> str:
    since = "The journal is empty"
    if found.journal_from:
        since = f"The journal begins at {found.journal_from:%Y-%m-%d %H:%M:%S} UTC"
    return f"No hop of {found.fingerprint} is known. {since}.\n\n"
