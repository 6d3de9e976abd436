"""In which order files apply."""

from __future__ import annotations

import random

import pytest

from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.order import ordered


def order(files, *, shuffle=0):
    migrations = [parse_migration(text.encode(), name) for name, text in files.items()]
    random.Random(shuffle).shuffle(migrations)
    found, why = ordered(migrations)
    return [one.path for one in found], why


def test_by_date_then_by_path():
    files = {"b/2025-01-02_x.sql": "", "a/2025-01-02_y.sql": "", "c/2025-01-01_z.sql": "", "a/2025-01-02_a.sql": ""}
    for seed in range(10):
        paths, _ = order(files, shuffle=seed)
        assert paths == ["c/2025-01-01_z.sql", "a/2025-01-02_a.sql", "a/2025-01-02_y.sql", "b/2025-01-02_x.sql"]


def test_the_guide_s_own_three_files_of_one_day():
    files = {
        "2025-10-23_add_linkedin_url_to_people.sql": "ALTER TABLE people.master ADD COLUMN linkedin_url text;",
        "2025-10-23_create_company_master.sql": "CREATE SCHEMA company; CREATE TABLE company.master (id int);",
        "2025-10-23_create_people_master.sql": "CREATE SCHEMA people; CREATE TABLE people.master (id int);",
        "2025-10-23_create_company_slot.sql": "CREATE TABLE company.slot (id int);",
        "2025-10-23_fix_company_slot_fk.sql": "ALTER TABLE company.slot ADD CONSTRAINT fk CHECK (id > 0);",
    }
    paths, why = order(files)
    place = {path.removeprefix("2025-10-23_").removesuffix(".sql"): number for number, path in enumerate(paths)}
    assert place["create_people_master"] < place["add_linkedin_url_to_people"]
    assert place["create_company_master"] < place["create_company_slot"] < place["fix_company_slot_fk"]
    assert not why.cycles
    need = next(one for one in why.needs if one.user.endswith("add_linkedin_url_to_people.sql"))
    assert need.maker == "2025-10-23_create_people_master.sql"
    assert str(need.what) in {"people", "people.master"}


def test_a_need_between_days_does_not_move_a_file():
    files = {"2025-01-01_a.sql": "SELECT * FROM b;", "2025-01-02_b.sql": "CREATE TABLE b ();"}
    assert order(files)[0] == ["2025-01-01_a.sql", "2025-01-02_b.sql"]


def test_a_file_without_a_date_goes_where_it_is_needed():
    files = {
        "2025-01-02_use.sql": "ALTER TABLE t ADD c int;",
        "create_t.sql": "CREATE TABLE t (id s.kind);",
        "2025-01-01_kind.sql": "CREATE SCHEMA s; CREATE TYPE s.kind AS ENUM ();",
    }
    assert order(files)[0] == ["2025-01-01_kind.sql", "create_t.sql", "2025-01-02_use.sql"]


def test_a_file_without_a_date_lets_nobody_overtake():
    """It takes the place of the first file that waits for it, directly or through another."""
    files = {
        "create_a.sql": "CREATE SCHEMA a;",
        "create_t.sql": "CREATE TABLE a.t ();",
        "2025-01-01_u.sql": "CREATE TABLE u (LIKE a.t);",
        "2025-01-02_v.sql": "CREATE TABLE v ();",
        "zz_last.sql": "SELECT 1;",
    }
    paths, _ = order(files)
    assert paths == ["create_a.sql", "create_t.sql", "2025-01-01_u.sql", "2025-01-02_v.sql", "zz_last.sql"]


def test_what_is_told_overrides_what_is_seen():
    files = {
        "2025-01-01_a.sql": "CREATE TABLE a ();",
        "2025-01-01_b.sql": "-- Depends on: 2025-01-01_c.sql\nCREATE TABLE b (LIKE a);",
        "2025-01-01_c.sql": "CREATE TABLE c ();",
    }
    assert order(files)[0] == ["2025-01-01_a.sql", "2025-01-01_c.sql", "2025-01-01_b.sql"]
    files["2025-01-01_a.sql"] = "-- Depends on: 2025-01-01_b.sql\nCREATE TABLE a ();"
    paths, why = order(files)
    assert paths == ["2025-01-01_c.sql", "2025-01-01_b.sql", "2025-01-01_a.sql"]
    assert not why.cycles


def test_several_may_be_told_on_one_line_and_a_later_date_too():
    files = {
        "2025-01-01_a.sql": "-- Depends on: 2025-01-02_b.sql, 2025-01-03_c.sql\n",
        "2025-01-02_b.sql": "",
        "2025-01-03_c.sql": "",
    }
    assert order(files)[0] == ["2025-01-02_b.sql", "2025-01-03_c.sql", "2025-01-01_a.sql"]


def test_a_cycle_is_told_once_and_the_rest_is_still_in_order():
    files = {
        "2025-01-01_a.sql": "CREATE TABLE a (LIKE b);",
        "2025-01-01_b.sql": "CREATE TABLE b (LIKE a);",
        "2025-01-01_c.sql": "CREATE TABLE c (LIKE d);",
        "2025-01-01_d.sql": "CREATE TABLE d ();",
    }
    paths, why = order(files)
    assert sorted(paths) == sorted(files)
    assert paths.index("2025-01-01_d.sql") < paths.index("2025-01-01_c.sql")
    assert [sorted(cycle) for cycle in why.cycles] == [["2025-01-01_a.sql", "2025-01-01_b.sql"]]


@pytest.mark.parametrize("value", ["nothing.sql", "2025-01-01_a.sql", "x/2025-01-01_b.sql", "01-01_b.sql/"])
def test_a_line_that_names_no_other_file_is_kept_for_the_check(value):
    _, why = order({"2025-01-01_a.sql": f"-- Depends on: {value}\n", "2025-01-01_b.sql": ""})
    ((path, line),) = why.unknown
    assert path == "2025-01-01_a.sql"
    assert line.position.line == 1


def test_ten_thousand_files_are_put_in_order():
    """Each day's files need each other in turn; nothing here may be worse than linear in the number of days."""
    files = {}
    for number in range(2_500):
        day = f"20{number // 360:02}-{number % 12 + 1:02}-{number % 28 + 1:02}"
        for letter, text in (
            ("z", "CREATE TABLE t{n} ();"),
            ("a", "ALTER TABLE t{n} ADD c int;"),
            ("b", ""),
            ("c", ""),
        ):
            files[f"{day}_{letter}{number}.sql"] = text.format(n=number)
    paths, why = order(files)
    place = {path: number for number, path in enumerate(paths)}
    assert len(paths) == 10_000
    assert all(place[need.maker] < place[need.user] for need in why.needs)
    assert len(why.needs) == 2_500


@pytest.mark.parametrize(
    ("uses", "makes"),
    [
        ("ALTER TYPE company.stage ADD VALUE 'lost';", "CREATE TYPE company.stage AS ENUM ('new');"),
        ("CREATE TABLE t (id int DEFAULT nextval('company.numbers'));", "CREATE SEQUENCE company.numbers;"),
        ("SELECT 'company.master'::regclass;", "CREATE TABLE company.master ();"),
        ("CREATE TABLE t (name citext);", "CREATE EXTENSION citext;"),
        ("GRANT SELECT ON company.master TO PUBLIC;", "CREATE TABLE company.master ();"),
        ("COMMENT ON COLUMN company.master.name IS 'x';", "ALTER TABLE company.master ADD COLUMN name text;"),
        ("CREATE TRIGGER t AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f();", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';"),
        ("INSERT INTO company.renamed VALUES (1);", "ALTER TABLE company.master RENAME TO renamed;"),
    ],
)  # fmt: skip
def test_a_use_of_any_kind_comes_after_what_makes_it(uses, makes):
    paths, _ = order({"2025-01-01_a.sql": uses, "2025-01-01_b.sql": makes})
    assert paths == ["2025-01-01_b.sql", "2025-01-01_a.sql"]


@pytest.mark.parametrize(
    ("mentions", "makes"),
    [
        ("SELECT 'm', 'a.b.c'::regclass, ''::regclass, nextval(x) FROM y;", "CREATE TABLE m ();"),
        ("COMMENT ON TABLE y IS 'see m';", "CREATE TABLE m ();"),
        ("DROP TABLE IF EXISTS m;", "CREATE TABLE m ();"),
        ("DO $$ BEGIN EXECUTE format('SELECT 1 FROM %I', current_user); END $$;", "DO $$ BEGIN EXECUTE format('CREATE TABLE %I ()', current_user); END $$;"),
    ],
)  # fmt: skip
def test_a_mention_is_no_use(mentions, makes):
    _, why = order({"2025-01-01_a.sql": mentions, "2025-01-01_b.sql": makes})
    assert not why.needs
