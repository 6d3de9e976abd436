"""What to set or write where a file fails for want of a right or a role that it has in production."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_ctb.checks import Case
from pytest_ctb.model import Migration, Name, SqlError, Statement
from pytest_ctb.postgres import Wanted, preludes
from pytest_ctb.sql import created, names_in, roles_named

_NO_RIGHT = "42501"
_NO_ROLE = re.compile(r'^role "(.+)" does not exist$')
_NOT_MEMBER = re.compile(r'^(?:must be able to SET ROLE|must be member of role|permission denied to set role) "(.+)"$')
_NO_SCHEMA = re.compile(r'^(?:schema "(.+)"|relation "(\w+)\..*"|function (\w+)\..*) does not exist$')
_NO_DATABASE = re.compile(r'^(?:must be owner of database (.+)|database "(.+)" does not exist)$')
_DENIED = re.compile(r"^(?:permission denied for|must be owner of) ([a-z ]+?) ([^ ].*)$")
_SUPERUSER = re.compile(r"superuser|permission denied to (?:create (?!temporary)\w|set parameter)", re.IGNORECASE)
_SUPERUSER_NAME = Wanted().superuser
_OWN_SERVER = "a server that the run starts itself (ctb_postgres = auto)"
_STANDS_FOR = "pg_database_owner is whoever migrates"


def advice(case: Case[Any], error: SqlError, statement: Statement | None) -> Iterator[str]:
    """Sentences that say what to set in the ini file, or to write in a prelude, so that the statement may do this."""
    if match := _NO_ROLE.match(error.message):
        if not _is_migrated(case, match[1]):
            yield _no_role(match[1])
    elif role := _role_refused(error, statement):
        if not _is_migrated(case, role):
            yield _not_member(case, role)
    elif match := _NO_SCHEMA.match(error.message):
        schema = next(filter(None, match.groups()))
        if (platforms := preludes.makers("SCHEMA", schema)) and not _is_made(case, schema):
            yield _by_prelude(f"the schema {schema}", platforms)
    elif match := _NO_DATABASE.match(error.message):
        yield (
            f"each run makes a database of its own, so {match[1] or match[2]} is not this one. Ask for the name: "
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET …', current_database()); END $$;"
        )
    elif error.sqlstate == _NO_RIGHT:
        match = _DENIED.match(error.message)
        made = _of_prelude(case, match[2]) if match else None
        if match and made:
            yield _of_the_platform(case, *made, must_own=error.message.startswith("must"))
        elif _SUPERUSER.search(f"{error.message}\n{error.detail}\n{error.hint}"):
            platform = _platform(case).title()
            where = f", on {_OWN_SERVER}" if _is_shared(case) else ""
            who = f"{platform} lets the role that migrates do it" if platform else "one migrates in production too"
            yield (
                "the migrations run as an ordinary role, and Postgres asks for a superuser. "
                f"Where {who}, in the ini file{where}: ctb_role = superuser"
            )


def _is_migrated(case: Case[Any], role: str) -> bool:
    """Whether a migration makes the role, so that it is none of the platform."""
    statements = (inner for file in case.repository.migrations for sent in file.statements for inner in sent.walk())
    return any(inner.tag == "CREATE ROLE" and (new := created(inner)) and new.name == role for inner in statements)


def _is_made(case: Case[Any], schema: str) -> bool:
    """Whether a migration or the prelude makes the schema."""
    files = (*case.repository.migrations, *case.repository.prelude)
    return any(Name("schema", "", schema) in names_in(file.statements).makes for file in files)


def _by_prelude(what: str, platforms: Sequence[str]) -> str:
    names = " and ".join(platform.title() for platform in platforms)
    return f"{what} is there from the start on {names}. In the ini file: ctb_prelude = {' or '.join(platforms)}"


def _no_role(role: str) -> str:
    if platforms := preludes.makers("ROLE", role):
        return _by_prelude(f"the role {role}", platforms)
    return (
        f"no migration makes {role}. If it is the role that migrates in production, in the ini file: "
        f"ctb_role = owner:{role}. If it is another role of the platform, in a prelude (ctb_prelude = FILE): "
        f"CREATE ROLE {_quoted(role)};"
    )


def _role_refused(error: SqlError, statement: Statement | None) -> str:
    """The role that a statement may not act for; empty where that is not what the error says."""
    if match := _NOT_MEMBER.match(error.message):
        return match[1]
    if error.message == "permission denied to change default privileges" and statement:  # from 16 on, without the name
        return next(iter(roles_named(statement)), "")
    return ""


def _not_member(case: Case[Any], role: str) -> str:
    platform = _platform(case)
    if platform in preludes.makers("ROLE", role) and role != preludes.owner(preludes.FOLDER / f"{platform}.sql"):
        return f"on {platform.title()} the role that migrates may not act for {role} either"
    setting = f"ctb_prelude = {platform}" if platform else f"ctb_role = owner:{role}"
    if _is_shared(case):
        return (
            f"on the server of --ctb-postgres {role} may be somebody else's, so the role that migrates has another "
            f"name there. Replay on {_OWN_SERVER}, with {setting}"
        )
    name = _quoted(role)
    member = (
        ""
        if role == _SUPERUSER_NAME
        else " If a member of it migrates: ctb_role = owner:NAME, and in a prelude (ctb_prelude = FILE): "
        f"CREATE ROLE {name}; GRANT {name} TO NAME;"
    )
    return f"if {role} is the role that migrates in production, in the ini file: ctb_role = owner:{role}.{member}"


def _of_prelude(case: Case[Any], name: str) -> tuple[Migration, Name] | None:
    """The file of the prelude that makes an object of this name, and the name; None where a migration makes it."""
    for file in case.repository.migrations:
        if any(made.name == name for made in names_in(file.statements).makes):
            return None
    for file in case.repository.prelude:
        for made in names_in(file.statements).makes:
            if made.name == name and made.kind != "column":
                return file, made
    return None


def _of_the_platform(case: Case[Any], file: Migration, made: Name, *, must_own: bool) -> str:
    """What the prelude has to say, so that the role that migrates has the right; of a packaged one, why it has not."""
    if platform := preludes.platform(case.repository.root / file.path):
        return f"on {platform.title()} the role that migrates may not do this to {made} either"
    schema = made.kind == "schema"
    kind = {"relation": "TABLE"}.get(made.kind, made.kind.upper())
    if must_own:
        right = f"ALTER {kind} {made} OWNER TO pg_database_owner;"
    else:
        right = f"GRANT {'USAGE, CREATE ON SCHEMA' if schema else f'ALL ON {kind}'} {made} TO pg_database_owner;"
    return (
        f"{file.path} makes {made}, and a prelude runs as superuser, to whom it then belongs. "
        f"Write in it: {right} ({_STANDS_FOR})"
    )


def _platform(case: Case[Any]) -> str:
    """The platform of the packaged prelude in use; empty where there is none."""
    root = case.repository.root
    return next(filter(None, (preludes.platform(root / file.path) for file in case.repository.prelude)), "")


def _is_shared(case: Case[Any]) -> bool:
    return case.replay.server.place == "url"


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"{}"'.format(name.replace('"', '""'))
