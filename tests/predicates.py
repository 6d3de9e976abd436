"""Generated tables, rows and statements: what a migration may ask of rows, and rows that a table in use may hold.

Nothing here knows how the suite makes rows. The constants of a statement go into some of the rows, so that it meets some.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import psycopg
from psycopg import sql

_WORDS = (
    "alpha",
    "Beta",
    "gamma ray",
    "delta_4",
    "x@spam.com",
    "http://e.org/a",
    "  padded ",
    "UPPER",
    "",
    "1234",
    "test77",
)
_TYPES = (
    "int",
    "bigint",
    "numeric(10,2)",
    "text",
    "text",
    "varchar(40)",
    "boolean",
    "date",
    "timestamptz",
    "jsonb",
    "kind",
)
_KINDS = ("old", "new", "other")


@dataclass
class Column:
    """A column of a generated table."""

    name: str
    type: str
    nullable: bool


@dataclass
class Statement:
    """A table with its parent, a statement that writes it, and rows that both may hold."""

    schema: str
    tables: str
    statement: str
    rows: tuple[str, ...]


class Generator:
    """Makes one case from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.schema = f"s{seed}"
        self.constants: dict[str, list[str]] = {}
        columns = []
        for number in range(self.random.randint(2, 5)):
            kind = self.random.choice(_TYPES)
            columns.append(Column(f"c{number}", kind, self.random.random() < 0.6))
        self.columns = columns
        self.key = self.random.random() < 0.7
        self.parent = self.random.random() < 0.4

    def case(self) -> Statement:
        """The case."""
        statement = self._statement()
        return Statement(self.schema, self._tables(), statement, tuple(self._rows()))

    # --- tables -------------------------------------------------------------------------------------------------------

    def _tables(self) -> str:
        parts = [f"CREATE SCHEMA {self.schema};", f"CREATE TYPE {self.schema}.kind AS ENUM ('old', 'new', 'other');"]
        parts.append(f"CREATE TABLE {self.schema}.p (id int PRIMARY KEY, label text, made date);")
        columns = ["id int PRIMARY KEY" if self.key else "id int"]
        columns += [f"p int REFERENCES {self.schema}.p"] if self.parent else []
        for column in self.columns:
            kind = column.type.replace("kind", f"{self.schema}.kind")
            columns.append(f"{column.name} {kind}" + ("" if column.nullable else " NOT NULL"))
        return "\n".join([*parts, f"CREATE TABLE {self.schema}.t ({', '.join(columns)});"])

    def _rows(self):
        yield from (
            f"INSERT INTO {self.schema}.p VALUES ({n}, {self._literal('text', 'label')}, {self._literal('date', 'made')})"
            for n in range(1, 9)
        )
        for number in range(1, 90):
            names = ["id", *(["p"] if self.parent else []), *(column.name for column in self.columns)]
            values = [str(number if self.key else self.random.randint(1, 12))]
            values += [str(self.random.randint(1, 8)) if self.random.random() < 0.8 else "NULL"] if self.parent else []
            for column in self.columns:
                null = column.nullable and self.random.random() < 0.15
                values.append("NULL" if null else self._literal(column.type, column.name))
            yield f"INSERT INTO {self.schema}.t ({', '.join(names)}) VALUES ({', '.join(values)})"

    def _literal(self, kind: str, column: str) -> str:
        """A value: a constant of the statement, what is near one, or any."""
        own = self.constants.get(column, [])
        if own and self.random.random() < 0.6:
            return self.random.choice(own)
        return self._value(kind)

    def _value(self, kind: str) -> str:  # noqa: PLR0911  # a table of types
        choose = self.random
        match kind:
            case "int" | "bigint":
                return str(choose.choice([0, 1, 2, 3, 5, 7, 10, 42, 99, 100, 101, 500, -1, choose.randint(-50, 2000)]))
            case "numeric(10,2)":
                return str(choose.choice([0, 1, 1.5, 9.99, 100, 250.25, choose.randint(0, 5000) / 4]))
            case "boolean":
                return choose.choice(["true", "false"])
            case "date":
                return f"'{choose.randint(1995, 2026)}-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}'"
            case "timestamptz":
                day = f"{choose.randint(1995, 2026)}-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}"
                return f"'{day} {choose.randint(0, 23):02}:{choose.randint(0, 59):02}:07+00'"
            case "jsonb":
                value = choose.choice(["{}", '{"a": 1}', '{"kind": "old"}', '{"kind": "new", "n": 7}', "[]", '["x"]'])
                return f"'{value}'"
            case "kind":
                return f"'{choose.choice(_KINDS)}'"
        return "'" + choose.choice(_WORDS).replace("'", "''") + "'"

    def _note(self, column: str, *values: str) -> str:
        """A constant of the statement, remembered with what is near it."""
        self.constants.setdefault(column, []).extend(values)
        return values[0]

    # --- statements ---------------------------------------------------------------------------------------------------

    def _statement(self) -> str:
        where = self._where()
        if self.random.random() < 0.5:
            return self._delete(where)
        return self._update(where)

    def _delete(self, where: str) -> str:
        table = f"{self.schema}.t"
        match self.random.randrange(8):
            case 0 if self.parent:
                label = self._note("label", self._value("text"))
                return f"DELETE FROM {table} USING {self.schema}.p AS q WHERE t.p = q.id AND q.label = {label} AND ({where})"
            case 1 if self.parent:
                made = self._note("made", self._value("date"))
                return f"DELETE FROM {table} WHERE p IN (SELECT q.id FROM {self.schema}.p AS q WHERE q.made < {made}) AND ({where})"
            case 2:
                column = self.random.choice(self.columns)
                if column.type != "jsonb":
                    same = f"t.{column.name} = o.{column.name}"
                    return f"DELETE FROM {table} USING {table} AS o WHERE {same} AND t.id > o.id"
            case 3:
                column = self.random.choice(self.columns)
                return (
                    f"DELETE FROM {table} WHERE id NOT IN (SELECT min(o.id) FROM {table} AS o GROUP BY o.{column.name})"
                )
        return f"DELETE FROM {table} WHERE {where}"

    def _update(self, where: str) -> str:
        column = self.random.choice(self.columns)
        scope = f" WHERE {where}" if self.random.random() < 0.7 else ""
        return f"UPDATE {self.schema}.t SET {column.name} = {self._assigned(column)}{scope}"

    def _where(self) -> str:
        parts = [self._atom() for _ in range(self.random.choice([1, 1, 2, 2, 3]))]
        if len(parts) > 2 and self.random.random() < 0.5:
            return f"({parts[0]} OR {parts[1]}) AND {parts[2]}"
        return self.random.choice([" AND ", " AND ", " OR "]).join(parts)

    def _atom(self) -> str:
        column = self.random.choice(self.columns)
        name = column.name
        options = [f"{name} IS NULL", f"{name} IS NOT NULL"] if column.nullable else []
        match column.type:
            case "int" | "bigint" | "numeric(10,2)":
                value = self._value(column.type)
                near = [str(float(value) + step) if "." in value else str(int(value) + step) for step in (-1, 1)]
                self._note(name, value, *near)
                other = self._note(name, self._value(column.type))
                options += [f"{name} {op} {value}" for op in ("=", "<", ">", "<>", ">=", "<=")]
                options += [f"{name} IN ({value}, {other})", f"{name} BETWEEN {value} AND {value} + 10"]
                options += [f"mod({name}, 7) = 3", f"{name} * 2 > {value}", f"abs({name}) = {value}"]
            case "boolean":
                options += [name, f"NOT {name}", f"{name} IS NOT TRUE"]
            case "date" | "timestamptz":
                value = self._note(name, self._value(column.type))
                options += [f"{name} < {value}", f"{name} > {value}", f"{name} = {value}"]
                options += [f"extract(year FROM {name}) = 2011", f"{name} < now() - interval '900 days'"]
                options += [f"date_trunc('month', {name}) < {value}", f"{name} + interval '30 days' < {value}"]
            case "jsonb":
                self._note(name, '\'{"kind": "old"}\'', '\'{"a": 1, "n": 12}\'')
                options += [f"{name} ->> 'kind' = 'old'", f"{name} ? 'a'", f"{name} @> '{{\"a\": 1}}'"]
                options += [f"({name} ->> 'n')::int > 5", f"{name} = '{{}}'", f"jsonb_typeof({name}) = 'array'"]
            case "kind":
                options += [
                    f"{name} = 'old'",
                    f"{name} <> 'new'",
                    f"{name} IN ('old', 'other')",
                    f"{name}::text LIKE 'o%'",
                ]
            case _:
                options += self._text_atoms(name)
        return self.random.choice(options)

    def _text_atoms(self, name: str) -> list[str]:
        word = self.random.choice([word for word in _WORDS if word])
        quoted = "'" + word + "'"
        self._note(name, quoted, "'" + word.upper() + "'", "'x" + word[:30] + "x'", "'" + word[:3] + "'")
        self._note(name, "'" + "y" * 33 + "'")
        return [
            f"{name} = {quoted}",
            f"{name} <> {quoted}",
            f"lower({name}) = lower({quoted})",
            f"{name} LIKE '{word[:3]}%'",
            f"{name} ILIKE '%{word[-3:]}'",
            f"{name} NOT LIKE '%a%'",
            f"{name} ~ '^[a-z]+[0-9]+$'",
            f"{name} ~* '(spam|ray)'",
            f"length({name}) > 30",
            f"length({name}) = 4",
            f"{name} IN ({quoted}, 'nowhere')",
            f"btrim({name}) = ''",
            f"position('{word[1:3]}' IN {name}) > 0",
            f"split_part({name}, '@', 2) = 'spam.com'",
            f"left({name}, 2) = '{word[:2]}'",
            f"coalesce({name}, '') = ''",
            f"{name} > {quoted}",
        ]

    def _assigned(self, column: Column) -> str:  # noqa: PLR0911  # a table of types
        name = column.name
        match column.type:
            case "int" | "bigint":
                return self.random.choice(
                    [f"{name} + 1", "0", f"abs({name})", f"coalesce({name}, 7)", name, f"{name} % 10"]
                )
            case "numeric(10,2)":
                return self.random.choice(
                    ["round(" + name + ", 0)", "0", f"coalesce({name}, 1)", f"greatest({name}, 0)"]
                )
            case "boolean":
                return self.random.choice([f"NOT {name}", "true", f"coalesce({name}, false)"])
            case "date":
                return self.random.choice([f"{name} + 1", "'2020-01-01'", f"greatest({name}, '2000-01-01')"])
            case "timestamptz":
                return self.random.choice(
                    [f"date_trunc('day', {name})", f"{name} - interval '1 hour'", "'2020-01-01 00:00+00'"]
                )
            case "jsonb":
                self._note(name, '\'{"kind": "old"}\'', "'{\"a\": 1}'")
                return self.random.choice([f"{name} || '{{\"a\": 1}}'", "'{}'", f"coalesce({name}, '[]')"])
            case "kind":
                return self.random.choice(
                    ["'new'", f"CASE {name} WHEN 'old' THEN 'new' ELSE {name} END", f"coalesce({name}, 'old')"]
                )
        shorter = f"left({name}, 5)"
        return self.random.choice(
            [
                f"lower({name})",
                f"btrim({name})",
                f"replace({name}, 'http://', '')",
                f"regexp_replace({name}, '[0-9]+$', '')",
                f"nullif({name}, '')" if column.nullable else shorter,
                f"coalesce({name}, 'none')",
                f"left({name} || '!', 40)",
                f"initcap({name})",
                shorter,
                "'fixed'",
            ]
        )


@dataclass
class Truth:
    """What Postgres did with a statement on the generated rows, run twice."""

    error: str = ""
    loses: bool = False
    """A row is gone, or a value that was there is another."""
    changes_again: bool = False
    """The second run changed rows, or failed."""


def truth(connection: psycopg.Connection, case: Statement) -> Truth:
    """Run a statement twice on the generated rows, and compare them; nothing of it is left."""
    connection.execute(case.tables.encode())
    table = sql.SQL("ALTER TABLE {}.t ADD COLUMN row_number serial").format(sql.Identifier(case.schema))
    for row in case.rows:
        with connection.transaction():
            connection.execute(row.encode())
    connection.execute(table)
    read = sql.SQL("SELECT t.row_number, to_jsonb(t.*) FROM {}.t").format(sql.Identifier(case.schema))
    before = dict(connection.execute(read).fetchall())
    try:
        with connection.transaction():
            connection.execute(case.statement.encode())
    except psycopg.Error as error:
        return Truth(error=str(error))
    after = dict(connection.execute(read).fetchall())
    loses = any(
        number not in after or any(value is not None and after[number][name] != value for name, value in row.items())
        for number, row in before.items()
    )
    try:
        with connection.transaction():
            connection.execute(case.statement.encode())
    except psycopg.Error:
        return Truth("", loses, True)
    return Truth("", loses, dict(connection.execute(read).fetchall()) != after)
