"""The packaged preludes: migrations as people write them for these platforms replay behind them, and nothing of them shows."""

from __future__ import annotations

from contextlib import contextmanager
from urllib.parse import quote

import pytest

from machine import replayed
from pytest_ctb.errors import ConfigError
from pytest_ctb.postgres import Wanted, choose, preludes
from pytest_ctb.replay.orchestrate import _created
from pytest_ctb.repository.migration import read

EXTENSIONS = frozenset({"pgcrypto", "uuid-ossp"})
SUPABASE = (
    """
CREATE TABLE IF NOT EXISTS public.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
    token uuid NOT NULL DEFAULT uuid_generate_v4(),
    secret bytea DEFAULT extensions.gen_random_bytes(8),
    username text UNIQUE
);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS "Own profile" ON public.profiles;
CREATE POLICY "Own profile" ON public.profiles FOR ALL TO authenticated
    USING ((SELECT auth.uid()) = id) WITH CHECK (auth.role() = 'authenticated' AND auth.jwt() ->> 'aal' = 'aal2');
GRANT SELECT ON public.profiles TO anon;
GRANT ALL ON public.profiles TO service_role, postgres;
-- Rollback:
--   DROP TABLE public.profiles;
""",
    """
CREATE OR REPLACE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.profiles (id, username) VALUES (new.id, new.raw_user_meta_data ->> 'username');
    RETURN new;
END $$;
CREATE OR REPLACE TRIGGER on_auth_user_created AFTER INSERT ON auth.users
    FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
-- Rollback:
--   DROP TRIGGER on_auth_user_created ON auth.users;
--   DROP FUNCTION public.handle_new_user();
""",
    """
INSERT INTO storage.buckets (id, name, public) VALUES ('avatars', 'avatars', true) ON CONFLICT (id) DO NOTHING;
DROP POLICY IF EXISTS "Own avatar" ON storage.objects;
CREATE POLICY "Own avatar" ON storage.objects FOR INSERT TO authenticated
    WITH CHECK (bucket_id = 'avatars' AND (storage.foldername(name))[1] = auth.uid()::text AND storage.extension(name) = 'png');
CREATE POLICY "Room" ON realtime.messages FOR SELECT TO authenticated USING (realtime.topic() = 'room');
ALTER PUBLICATION supabase_realtime ADD TABLE public.profiles;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;
-- Rollback:
--   ALTER PUBLICATION supabase_realtime DROP TABLE public.profiles;
--   DROP POLICY "Room" ON realtime.messages;
--   DROP POLICY "Own avatar" ON storage.objects;
--   DELETE FROM storage.buckets WHERE id = 'avatars';
""",
)
NEON = (
    """
CREATE TABLE IF NOT EXISTS public.note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text NOT NULL);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.note TO authenticated;
GRANT SELECT ON public.note TO anonymous, neon_superuser;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO authenticated;
-- Rollback:
--   ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM authenticated;
--   DROP TABLE public.note;
""",
)
MIGRATIONS = {"supabase": SUPABASE, "neon": NEON}


def prelude(name):
    return (read(preludes.FOLDER / f"{name}.sql", f"{name}.sql"),)


def machine(major):
    return choose(Wanted("local" if major == 15 else "embedded", major=major, extensions=EXTENSIONS)).offer.start()


@contextmanager
def by_url(major, user, name, existing=()):
    """A server of others, on which some of the platform's roles may stand already, as the admin or as its superuser."""
    with machine(major) as server:
        with server.login() as admin:
            admin.execute("CREATE ROLE boss CREATEDB CREATEROLE LOGIN PASSWORD 'secret'")
            for role in existing:
                admin.execute(f"CREATE ROLE {role}")
        login = ("boss", "secret") if user == "boss" else (server.admin["user"], server.admin["password"])
        url = f"postgresql://{login[0]}:{login[1]}@/postgres?host={quote(server.admin['host'])}&port=5432"
        wanted = Wanted(url, roles=_created(prelude(name), "ROLE"))
        before = all_of(server)
        with choose(wanted).offer.start() as reached:
            yield reached
        assert all_of(server) == before


def all_of(server):
    with server.login() as admin:
        return admin.execute(
            "SELECT datname, '' FROM pg_database UNION SELECT rolname, r::text FROM pg_roles r"
        ).fetchall()


def judged(server, name, **more):
    """Replay the platform's migrations, with themselves as the base schema: the last base has everything in one file."""
    texts = MIGRATIONS[name]
    return replayed(server, *texts, bases=("\n".join(texts),), prelude=prelude(name), **more)


def hold(replay):
    for file in replay.files.values():
        assert file.applied, file.error
    loaded, schema = replay.bases["base1.sql"]
    assert loaded.applied, loaded.error
    assert schema == replay.schema


@pytest.mark.contrib
@pytest.mark.parametrize("name", MIGRATIONS)
@pytest.mark.parametrize("role", ["owner", "superuser"])
@pytest.mark.parametrize("major", [15, 18])
def test_migrations_of_the_platform_replay_and_nothing_of_the_prelude_shows(major, role, name):
    with machine(major) as server:
        replay = judged(server, name, role=role)
    hold(replay)
    for file in replay.files.values():
        assert file.rollback.error is None, file.rollback.error
        assert file.rollback.differences == (), file.path
        for trace in file.traces:
            assert not any("buckets" in str(one) for one in (*trace.created, *trace.dropped))


@pytest.mark.contrib
@pytest.mark.parametrize("name", MIGRATIONS)
@pytest.mark.parametrize("user", ["boss", "postgres"])
@pytest.mark.parametrize("existing", [(), ("authenticated", "anon", "neon_superuser")])
def test_on_a_server_of_others_roles_that_were_made_go_and_others_stay(user, name, existing):
    with by_url(18, user, name, existing) as server:
        hold(judged(server, name))


@pytest.mark.contrib
def test_and_on_an_old_one():
    with by_url(15, "postgres", "supabase") as server:
        hold(judged(server, "supabase"))


def test_the_helpers_of_supabase_read_the_claims_of_the_token():
    text = """
    SELECT set_config('request.jwt.claims', '{"sub": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "role": "authenticated"}', false);
    CREATE TABLE seen AS SELECT auth.uid() AS uid, auth.role() AS role, storage.foldername('a/b/c.png') AS folder,
        storage.filename('a/b/c.png') AS file, storage.extension('a/b/c.png') AS extension;
    DO $$ BEGIN
        ASSERT (SELECT s::text FROM seen s) = '(6ba7b810-9dad-11d1-80b4-00c04fd430c8,authenticated,"{a,b}",c.png,png)';
    END $$;
    """
    with machine(18) as server:
        file = replayed(server, text, prelude=prelude("supabase")).files["1.sql"]
    assert file.applied, file.error


def test_a_packaged_prelude_is_told_by_its_name_and_a_file_wins(pytester):
    pytester.makeini("[pytest]\nctb_prelude = supabase\nctb_postgres = embedded\n")
    (pytester.path / "migrations").mkdir()
    file = pytester.path / "migrations" / "2025-10-23_create_t.sql"
    file.write_text("CREATE TABLE t (id uuid REFERENCES auth.users);\n")
    result = pytester.runpytest("--ctb", "-k", "replay")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["ctb stand-ins: pgcrypto, uuid-ossp *"])
    pytester.runpytest("--ctb", "-k", "replay", "--ctb-prelude", "neon").assert_outcomes(failed=1)
    (pytester.path / "neon").write_text(
        "CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY); GRANT USAGE ON SCHEMA auth TO PUBLIC; GRANT REFERENCES ON auth.users TO PUBLIC;"
    )
    pytester.runpytest("--ctb", "-k", "replay", "--ctb-prelude", "neon").assert_outcomes(passed=1)
    result = pytester.runpytest("--ctb", "--ctb-prelude", "heroku")
    result.stderr.fnmatch_lines(
        ["*--ctb-prelude heroku: no such file, and no packaged prelude: these are neon, supabase"]
    )


def test_a_path_is_never_a_packaged_prelude(tmp_path):
    assert preludes.named(tmp_path / "neon.sql", "neon.sql") == tmp_path / "neon.sql"
    assert preludes.named(tmp_path / "db" / "neon", "db/neon") == tmp_path / "db" / "neon"
    with pytest.raises(ConfigError, match="these are neon, supabase"):
        preludes.named(tmp_path / "neno", "neno")


@pytest.mark.parametrize("name", preludes.NAMES)
def test_each_prelude_names_its_sources_and_is_documented(name):
    assert (preludes.FOLDER / f"{name}.sql").read_text().count("https://") >= 3
