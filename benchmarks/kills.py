"""Kills real runs of the suite at random moments, and holds what they leave, and what the next run says, against none.

    python benchmarks/kills.py --count 1000 --seed 1

Each round starts a run, sends a signal to one of its processes, waits for the end, and runs the suite once more. That
run has to give the report of a run that nobody disturbed, and behind it there may be no process, folder, database, role
or piece of shared memory. No test of the killed run may have another verdict than undisturbed: an error is none. Looks
at nothing but what these runs make: they have folders and a server of their own. Needs Linux, whose /proc it reads.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from pytest_ctb.errors import NoServerError
from pytest_ctb.postgres import Wanted, choose

_LIMIT = 60.0
"""Seconds that any run may take; what takes longer hangs."""
_GRACE = 20.0
"""Seconds behind a run, in which a guard may still clean up."""
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_VICTIMS = ("pytest", "group", "guard", "worker", "postmaster", "backend", "pytest and guard")
_ALONE = tuple(victim for victim in _VICTIMS if victim != "worker")
_VERDICT = re.compile(
    r"^(?:\[gw\d+\] \[ *\d+%\] (?P<word>[A-Z]+) (?P<test>\S+::\S+)|(?P<test_alone>\S+::\S+) (?P<word_alone>[A-Z]+))",
    re.MULTILINE,
)
_CHANGING = {"seconds", "transaction"}
"""Keys of the report whose values differ from run to run."""
_DEAD = "Z"

_FILES = {
    "migrations/2025-10-23_create_shop_item.sql": """
BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.item (id bigint PRIMARY KEY, name text NOT NULL, website text);
INSERT INTO shop.item VALUES (1, 'one', NULL), (2, 'two', NULL) ON CONFLICT DO NOTHING;
COMMIT;

-- Rollback:
-- DROP TABLE IF EXISTS shop.item;
-- DROP SCHEMA IF EXISTS shop;
""",
    "migrations/2025-10-24_add_price_to_item.sql": """
BEGIN;
ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;
SELECT pg_sleep(0.05);
COMMIT;

-- Rollback:
-- ALTER TABLE shop.item DROP COLUMN IF EXISTS price;
""",
    "migrations/2025-10-25_create_name_index.sql": """
-- ctb:no-transaction: it is built while others write
CREATE INDEX CONCURRENTLY IF NOT EXISTS item_name ON shop.item (name);

-- Rollback:
-- DROP INDEX CONCURRENTLY IF EXISTS shop.item_name;
""",
    "migrations/2025-10-26_drop_website_of_item.sql": """
BEGIN;
ALTER TABLE shop.item DROP COLUMN website;
DELETE FROM shop.item WHERE id = 2;
COMMIT;
""",
    "migrations/2025-10-27_create_reader_role.sql": """
BEGIN;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN CREATE ROLE reader; END IF;
END $$;
GRANT USAGE ON SCHEMA shop TO reader;
COMMIT;
""",
    "migrations/2025-10-28_create_nothing.sql": "BEGIN; SELECT * FROM shop.missing; COMMIT;\n",
    "prelude.sql": "CREATE ROLE platform;\n",
    "pytest.ini": "[pytest]\nctb_rules = postgres\nctb_prelude = prelude.sql\n",
}


class Running(NamedTuple):
    """One process, as /proc tells of it."""

    pid: int
    parent: int
    command: str


class Kind(NamedTuple):
    """How a run is started."""

    name: str
    options: tuple[str, ...]

    @property
    def has_workers(self) -> bool:
        """Several processes replay: those of pytest-xdist, or of our own pool."""
        return bool({"-n", "--ctb-processes=2"}.intersection(self.options))


@dataclass
class Shared:
    """A server as others give it, by its URL; it comes back with all that it holds when a round has ended it."""

    folder: Path
    command: list[str]
    user: dict[str, Any]
    url: str
    process: subprocess.Popen[bytes] | None = None

    def come_back(self) -> None:
        """Start it, where it does not run: again and again, while a backend of the one before still ends."""
        _until(lambda: self._runs() and self.answers(), "the shared server answers")

    def _runs(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **self.user,
            )
        return True

    def answers(self) -> bool:
        """Whether one can log in."""
        with contextlib.suppress(Exception):
            self.names()
            return True
        return False

    def names(self) -> set[str]:
        """Its databases, roles, prepared transactions, and the sessions of runs."""
        import psycopg  # noqa: PLC0415

        query = """
            SELECT 'database ' || datname FROM pg_database UNION ALL SELECT 'role ' || rolname FROM pg_roles
            UNION ALL SELECT 'prepared ' || gid FROM pg_prepared_xacts
            UNION ALL SELECT 'session ' || pid FROM pg_stat_activity WHERE application_name = 'pytest-ctb'
        """
        with psycopg.connect(self.url, connect_timeout=5) as connection:
            return {name for (name,) in connection.execute(query)}

    def end(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()


@contextmanager
def shared_server(where: str) -> Iterator[Shared]:
    """A server of these programs, which the runs are given the URL of."""
    with choose(Wanted(where)).offer.start() as server:
        folder = Path(server.admin["host"])
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
        about = folder.stat()
        user = {"user": about.st_uid, "group": about.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        os.kill(pid, signal.SIGQUIT)
        _until(lambda: not (folder / "data" / "postmaster.pid").exists(), "the server has stopped")
        password = quote(str(server.admin["password"]))
        url = f"postgresql://postgres:{password}@/postgres?host={quote(str(folder))}&port=5432"
        one = Shared(folder, [*command, "-c", "max_prepared_transactions=5"], user, url)
        one.come_back()
        try:
            yield one
        finally:
            one.end()


@dataclass
class Bench:
    """A repository, and folders for all that runs of its suite make."""

    home: Path
    shared: Shared
    kinds: Sequence[Kind]
    expected: dict[str, Any] = field(default_factory=dict)
    """The report of each kind of run that nobody disturbed."""
    verdicts: dict[str, dict[str, str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    before: set[str] = field(default_factory=set)
    segments: set[str] = field(default_factory=set)

    @property
    def project(self) -> Path:
        """The repository."""
        return self.home / "project"

    def prepare(self) -> None:
        """Write the repository, and run each kind of run undisturbed."""
        for folder in ("tmp", "cache"):
            (self.home / folder).mkdir()
        (self.home / "tmp").chmod(0o1777)
        for name, text in _FILES.items():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / name).write_text(text)
        self.before = self.shared.names()
        for kind in self.kinds:
            self.forget_cache()
            began = time.monotonic()
            output = self._ended(self.start(kind), kind)
            self.seconds[kind.name] = time.monotonic() - began
            self.verdicts[kind.name] = verdicts(output)
            self.expected[kind.name] = self.report(output)
            if len({*self.verdicts[kind.name].values()}) < 2 or not isinstance(self.expected[kind.name], dict):
                raise RuntimeError(f"an undisturbed run did not judge: {output}")
            if trouble := self.left(_GRACE):
                raise RuntimeError(f"an undisturbed run leaves {trouble}")

    def forget_cache(self) -> None:
        """Let the next run be the first."""
        shutil.rmtree(self.project / ".pytest_cache", ignore_errors=True)

    def start(self, kind: Kind) -> subprocess.Popen[str]:
        """Start the suite as a terminal does: in a process group of its own."""
        (self.home / "report.json").unlink(missing_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
        self._output = (self.home / "output").open("w+")
        return subprocess.Popen(
            [
                *("env", "--default-signal=INT,HUP", sys.executable, "-m", "pytest", "--ctb", "-v", "--color=no"),
                *("-p", "no:html", "-p", "no:rerunfailures", "-p", "no:timeout"),
                *(f"--ctb-report={self.home / 'report.json'}", *kind.options),
            ],
            cwd=self.project,
            env={**kept, "TMPDIR": str(self.home / "tmp"), "XDG_CACHE_HOME": str(self.home / "cache")},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _ended(self, process: subprocess.Popen[str], kind: Kind) -> str:
        """What a run printed. Ends it where it hangs."""
        hangs = ""
        try:
            process.wait(_LIMIT)
        except subprocess.TimeoutExpired:
            hangs = f"HANGS: {kind.name}: {[one.command[:100] for one in self.running()]}\n"
            for one in self.running():
                with contextlib.suppress(OSError):
                    os.kill(one.pid, signal.SIGKILL)
            process.wait()
        self._output.seek(0)
        with self._output:
            return hangs + self._output.read()

    def report(self, output: str) -> Any:
        """The report, without what differs from run to run."""
        try:
            return lasting(json.loads((self.home / "report.json").read_text()))
        except (OSError, ValueError) as error:
            return f"no report: {error}: {output[-3000:]}"

    def running(self) -> list[Running]:
        """The processes of runs in this home."""
        marks = (f"TMPDIR={self.home}/".encode(), f"{self.home}/")
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError, ValueError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                ours = marks[0] in (entry / "environ").read_bytes() or f"{(entry / 'cwd').readlink()}/".startswith(
                    marks[1]
                )
                if ours and state != _DEAD:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    found.append(Running(int(entry.name), int(parent), command))
        return found

    def victims(self, who: str, process: subprocess.Popen[str]) -> list[int]:
        """The processes to send a signal to, as far as they are there by now."""
        running = self.running()
        guards = [one.pid for one in running if "guard.py" in one.command]
        if who in {"pytest", "group"}:
            return [process.pid]
        if who == "pytest and guard":
            return [process.pid, *guards]
        if who == "guard":
            return guards
        if who == "worker":
            below = [one for one in running if one.parent == process.pid and one.pid not in guards]
            return [one.pid for one in below if "resource_tracker" not in one.command][:1]
        servers = running
        if self.shared.process is not None and not any("/postgres -D" in one.command for one in running):
            servers = [one for one in _all() if one.pid == self.shared.process.pid]
            servers += [one for one in _all() if one.parent == self.shared.process.pid]
        if who == "postmaster":
            return [server.pid for server in servers if "/postgres -D" in server.command]
        return [server.pid for server in servers if "[local]" in server.command]

    def left(self, seconds: float) -> list[str]:
        """What is there that was not there before any run, when so many seconds are over; at best nothing at once."""
        end = time.monotonic() + seconds
        while (found := self._left()) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def _left(self) -> list[str]:
        kept = re.compile(r"initdb-[0-9a-f]{16}|key|said.json")
        found = [f"process {one.pid} {one.command[:120]}" for one in self.running()]
        # What Python's `tempfile` writes there, to see whether it may, is not ours.
        found += [f"folder {one}" for one in (self.home / "tmp").iterdir() if "ctb" in one.name]
        ours = self.home / "cache" / "pytest-ctb"
        found += [f"cache {one}" for one in (ours.iterdir() if ours.exists() else ()) if not kept.fullmatch(one.name)]
        cached = self.project.glob(".pytest_cache/d/ctb/*")
        found += [f"cache {path}" for path in cached if path.name != "evidence"]
        found += [f"shared memory {segment}" for segment in sorted(self.segments & segments(None))]
        found += sorted(self.shared.names() - self.before)
        return found

    def round(self, dice: random.Random) -> tuple[str, list[str]]:
        """One run that is killed, and one behind it: what was done, and what is wrong."""
        kind = dice.choice(self.kinds)
        who, number = dice.choice(_VICTIMS if kind.has_workers else _ALONE), dice.choice(_SIGNALS)
        cold, anew = dice.random() < 0.7, dice.random() < 0.1
        moment = dice.uniform(0, 1.05 * self.seconds[kind.name])
        if cold:
            self.forget_cache()
        if anew:
            shutil.rmtree(self.home / "cache" / "pytest-ctb", ignore_errors=True)
        self.segments = set()
        before = segments(None)  # numbers of processes come again: what one of them left long ago is not this run's
        process = self.start(kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        hit = 0
        while process.poll() is None and not hit:  # until one is there
            hit = self._kill(who, number, process, dice)
        self.segments -= before
        output = self._ended(process, kind)
        done = f"{kind.name}, {'cold' if cold else 'warm'}{', no initdb' if anew else ''}: "
        done += f"{who} {signal.Signals(number).name} at {moment:.2f} s, {hit} processes"
        trouble = [f"hangs: {output[:500]}"] if output.startswith("HANGS") else []
        trouble += self._wrong(kind, output)
        self.shared.come_back()
        after = self._ended(self.start(kind), kind)
        seen = self.report(after)
        if seen != self.expected[kind.name]:
            trouble.append(f"the next run says otherwise: {difference(seen, self.expected[kind.name])}")
        _, *tracebacks = output.split("Traceback (most recent call last)")
        for told in tracebacks:
            *_, innermost = ["", *re.findall(r'File "([^"\n]*)"', told)]
            # Not where xdist breaks off, whose worker was killed, nor a Ctrl-C while pytest still imports its plugins.
            if "pytest_ctb/" in innermost and "load_setuptools_entrypoints" not in told:
                trouble.append(f"a traceback: {told[:1500]}")
        trouble += [f"left behind: {one}" for one in self.left(_GRACE)]
        if trouble:
            trouble.append(f"the killed run printed: …{output[-2500:]}")
            trouble.append(f"the next run printed: …{after[-2500:]}")
            self._clean()
        return done, trouble

    def _kill(self, who: str, number: int, process: subprocess.Popen[str], dice: random.Random) -> int:
        found = self.victims(who, process)
        self.segments = segments([one.pid for one in self.running()])
        if who == "backend" and found:
            found = [dice.choice(found)]
        if who == "pytest and guard":  # so that neither sees the other go
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGSTOP)
            number = signal.SIGKILL
        for pid in found:
            with contextlib.suppress(OSError):
                (os.killpg if who == "group" else os.kill)(pid, number)
        return len(found)

    def _wrong(self, kind: Kind, output: str) -> list[str]:
        """Verdicts of the killed run that an undisturbed one does not have."""
        expected = self.verdicts[kind.name]
        crashed = set(re.findall(r"crashed while running '([^']+)'", output))
        return [
            f"wrong verdict: {test} {word}, undisturbed {expected.get(test)}"
            for test, word in verdicts(output).items()
            if word in {"PASSED", "FAILED", "XFAIL"} and word != expected.get(test) and test not in crashed
        ]

    def _clean(self) -> None:
        """Let what one round has left not count against the next."""
        for one in self.running():
            with contextlib.suppress(OSError):
                os.kill(one.pid, signal.SIGKILL)
        for one in (self.home / "tmp").iterdir():
            shutil.rmtree(one, ignore_errors=True)
        shutil.rmtree(self.home / "cache" / "pytest-ctb", ignore_errors=True)
        self.forget_cache()
        self.before = self.shared.names()


def verdicts(output: str) -> dict[str, str]:
    """The outcome of each test that a run has told."""
    return {
        found["test"] or found["test_alone"]: found["word"] or found["word_alone"]
        for found in _VERDICT.finditer(output)
    }


def lasting(value: Any) -> Any:
    """A report without what differs from run to run."""
    if isinstance(value, dict):
        return {key: lasting(one) for key, one in value.items() if key not in _CHANGING}
    if isinstance(value, list):
        return [lasting(one) for one in value]
    return value


def difference(seen: Any, expected: Any, where: str = "") -> str:
    """The first place where two reports differ."""
    if isinstance(seen, dict) and isinstance(expected, dict):
        for key in {**expected, **seen}:
            if seen.get(key) != expected.get(key):
                return difference(seen.get(key), expected.get(key), f"{where}.{key}")
    if isinstance(seen, list) and isinstance(expected, list) and len(seen) == len(expected):
        for number, (one, other) in enumerate(zip(seen, expected, strict=True)):
            if one != other:
                return difference(one, other, f"{where}[{number}]")
    return f"{where}: {str(seen)[:1500]} in place of {str(expected)[:600]}"


def segments(of: Sequence[int] | None) -> set[str]:
    """The System V segments that these processes have made, or all: a server that was killed leaves one."""
    with contextlib.suppress(OSError):
        rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
        return {row[1] for row in rows if of is None or int(row[4]) in of}
    return set()


def _all() -> list[Running]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, ValueError):
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                found.append(Running(int(entry.name), int(parent), command))
    return found


def _until(holds: Any, what: str) -> None:
    end = time.monotonic() + _LIMIT
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {_LIMIT:g} s: {what}")
        time.sleep(0.05)


def kinds(url: str) -> list[Kind]:
    """Each place that this machine has a server at: one process, two of pytest-xdist, and two of our own but by URL."""
    places = []
    for where in ("local", "embedded"):
        with contextlib.suppress(NoServerError):
            choose(Wanted(where))
            places.append(Kind(where, (f"--ctb-postgres={where}",)))
    places.append(Kind("url", (f"--ctb-postgres={url}",)))
    pools = [Kind(f"{kind.name}, two processes", (*kind.options, "--ctb-processes=2")) for kind in places[:-1]]
    return [*places, *(Kind(f"{kind.name} -n 2", (*kind.options, "-n", "2")) for kind in places), *pools]


def work(count: Iterator[int], dice: random.Random, results: list[tuple[str, list[str]]], *, quiet: bool) -> None:
    """Rounds, as long as there are any to do."""
    with tempfile.TemporaryDirectory(prefix="ctb-kills-", dir="/tmp", ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)
        with shared_server("embedded") as shared:
            bench = Bench(home, shared, kinds(shared.url))
            bench.prepare()
            for number in count:
                done, trouble = bench.round(dice)
                results.append((done, trouble))
                if trouble or not quiet:
                    print(f"{number}: {done}", *trouble, sep="\n    ", flush=True)


def main() -> None:
    """Do so many rounds; end with 1 where one of them went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=50, help="runs to kill")
    parser.add_argument("--seed", type=int, default=1, help="of the dice that say what is killed, how and when")
    parser.add_argument("--jobs", type=int, default=1, help="rounds at the same time")
    parser.add_argument("--quiet", action="store_true", help="tell only of what went wrong")
    options = parser.parse_args()
    numbers = iter(range(1, options.count + 1))
    turn = threading.Lock()

    def count() -> Iterator[int]:
        while True:
            with turn:
                number = next(numbers, None)
            if number is None:
                return
            yield number

    results: list[tuple[str, list[str]]] = []
    began = time.monotonic()
    threads = [
        threading.Thread(
            target=work,
            args=(count(), random.Random(f"{options.seed} {job}"), results),
            kwargs={"quiet": options.quiet},
        )
        for job in range(options.jobs)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    wrong = [trouble for _, trouble in results if trouble]
    told = Counter(line.partition(":")[0] for trouble in wrong for line in trouble)
    print(f"{len(results)} runs killed in {time.monotonic() - began:.0f} s; {len(wrong)} went wrong {dict(told) or ''}")
    sys.exit(1 if wrong or len(results) < options.count else 0)


if __name__ == "__main__":
    main()
