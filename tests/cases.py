"""The cases of the guidelines: SQL files that say themselves what is to be found in them.

`tests/rules/<guideline>/pass/` and `fail/` hold one case each: a file, which is judged under its own name, or a folder
with several (and with `infra/neon.sql`, `consumers/`, a guideline or contracts of its own, where the case needs them). Every line at which
something is to be found ends with `-- expect: <guideline>`, or with `-- expect: <guideline>:<column>`, which is taken
away before the file is read; `error` or `warning` behind it says of which level. `-- replay: 42P01` on a line of its own says that Postgres refuses the case, and with which
SQLSTATE; `-- needs: superuser` that only a server whose superuser the suite has can do it. Before each case stands `before.sql`, which makes the tables that they use.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_ctb.contracts.folder import find_contracts
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import Suite, load_suite
from pytest_ctb.model import Evidence, Finding
from pytest_ctb.repository.bases import usual_bases

RULES = Path(__file__).parent.parent / "rules"
HERE = Path(__file__).parent / "rules"
BASELINE = "ctb-baseline.json"
PUBLISHED = "published/"
"""A case's folder of what `origin/main` has."""
BEFORE = "migrations/2000-01-01_create_before.sql"
_EXPECT = re.compile(rb"[ \t]*(?:--|#) expect: ([\w-]+)(?::(\d+))?(?: (error|warning))?(?=\r?$)", re.MULTILINE)
_ABOUT = re.compile(rb"-- ctb:allow ([\w-]+)|\"guideline\": \"([\w-]+)\"")
_SUPERUSER = re.compile(rb"^-- needs: superuser$", re.MULTILINE)
_REPLAY = re.compile(rb"^-- replay: (\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One case: whether its guideline fires, and the files that it is made of."""

    guideline: str
    fires: bool
    path: Path

    def __str__(self) -> str:
        path = self.path.relative_to(HERE) if self.path.is_relative_to(HERE) else self.path
        return path.as_posix().removesuffix(".sql")

    @property
    def files(self) -> dict[str, bytes]:
        """Each file's path in a repository, and its bytes as they stand here."""
        if self.path.is_file():
            return {f"migrations/{self.path.name}": self.path.read_bytes()}
        found = {}
        for file in sorted(path for path in self.path.rglob("*") if path.is_file()):
            name = file.relative_to(self.path).as_posix()
            found[name if "/" in name or name == BASELINE else f"migrations/{name}"] = file.read_bytes()
        return found

    @property
    def expected(self) -> set[tuple[str, int]]:
        """The places, as file and line, at which something is to be found."""
        return {
            (name, data.count(b"\n", 0, found.start()) + 1)
            for name, data in self.files.items()
            for found in _EXPECT.finditer(data)
            if found[1].decode() == self.guideline
        }

    @property
    def columns(self) -> set[tuple[str, int, int]]:
        """The places whose column is told too."""
        return {
            (name, data.count(b"\n", 0, found.start()) + 1, int(found[2]))
            for name, data in self.files.items()
            for found in _EXPECT.finditer(data)
            if found[2]
        }

    @property
    def levels(self) -> set[tuple[str, int, str]]:
        """The places whose level is told too."""
        return {
            (name, data.count(b"\n", 0, found.start()) + 1, found[3].decode())
            for name, data in self.files.items()
            for found in _EXPECT.finditer(data)
            if found[3]
        }

    @property
    def refused(self) -> set[str]:
        """The SQLSTATEs with which Postgres refuses files of the case."""
        return {found[1].decode() for data in self.files.values() for found in _REPLAY.finditer(data)}

    @property
    def superuser(self) -> bool:
        """Only a server whose superuser the suite has can do it: `vector` is made by nobody else, say."""
        return any(_SUPERUSER.search(data) for data in self.files.values())

    def write(self, root: Path) -> Suite:
        """Lay the case out as a repository with this guideline, and those that it is about, and read it."""
        files = {BEFORE: (HERE / "before.sql").read_bytes(), **self.files}
        rule = f"rules/{self.guideline}.yml"
        files.setdefault("rules/_profile.yml", b"extends: none\n")
        own = next(RULES.rglob(f"{self.guideline}.yml"))
        files.setdefault(rule, own.read_bytes().replace(b"level: off", b"level: error"))
        for name in {(found[1] or found[2]).decode() for data in files.values() for found in _ABOUT.finditer(data)}:
            if (RULES / f"{name}.yml").is_file():  # what it is about has to be asked as well
                files.setdefault(f"rules/{name}.yml", (RULES / f"{name}.yml").read_bytes())
        published = {
            name.removeprefix(PUBLISHED): files.pop(name) for name in list(files) if name.startswith(PUBLISHED)
        }
        if published:
            _publish(root, {BEFORE: files[BEFORE], **published})
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_EXPECT.sub(b"", data))
        known = root / BASELINE
        return load_suite(
            root,
            [root / "migrations"],
            usual_bases(root / "infra"),
            root / "rules",
            known if known.is_file() else None,
            consumers=[root / "consumers"] if (root / "consumers").is_dir() else [],
            contracts=find_contracts(root, root / "schemas", named=False),
        )


def _publish(root: Path, files: Mapping[str, bytes]) -> None:
    """Make a git repository whose `origin/main` has these files, and take them out of the folder."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=Team", "-c", "user.email=team@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "Published")
    git("branch", "origin/main")
    for name in files:
        (root / name).unlink()


def cases() -> list[Case]:
    """Every case there is, found by walking."""
    found = []
    for guideline in sorted(one for one in HERE.iterdir() if one.is_dir()):
        for outcome in ("pass", "fail"):
            folder = guideline / outcome
            found += [
                Case(guideline.name, outcome == "fail", path)
                for path in sorted(folder.iterdir() if folder.is_dir() else ())
                if path.is_dir() or path.suffix == ".sql"
            ]
    return found


def example(guideline: str, files: Mapping[str, str], folder: Path, *, fires: bool) -> Case:
    """An example of a guideline's own file as a case, written into a folder; it may leave its file's name open."""
    for name, sql in files.items():
        path = folder / (name if "/" in name else f"migrations/{name or '2025-10-23_create_example.sql'}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, encoding="utf-8")
    return Case(guideline, fires, folder)


def judged(case: Case, suite: Suite, evidence: Callable[[], Evidence]) -> Iterator[Finding]:
    """What the case's guideline finds, but for the file that only prepares; what cannot be judged finds nothing."""
    for questions in suite.questions.values():
        for question in questions:
            if question.subject == BEFORE or question.guideline.id != case.guideline:
                continue
            try:
                yield from (one for one in judge(question, evidence() if question.live else None) if one.file != BEFORE)
            except NotJudgedError:
                continue
