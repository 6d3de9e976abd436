\echo Use "CREATE EXTENSION pg_cron" to load this file. \quit

-- A stand-in for pg_cron: the names and signatures of the real extension (https://github.com/citusdata/pg_cron).
-- Jobs are kept in cron.job as the real one keeps them, and no job ever runs.

CREATE SCHEMA cron;
CREATE SEQUENCE cron.jobid_seq;
CREATE TABLE cron.job (
    jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'),
    schedule text NOT NULL,
    command text NOT NULL,
    nodename text NOT NULL DEFAULT 'localhost',
    nodeport integer NOT NULL DEFAULT 5432,
    database text NOT NULL DEFAULT current_database(),
    username text NOT NULL DEFAULT CURRENT_USER,
    active boolean NOT NULL DEFAULT true,
    jobname text,
    CONSTRAINT jobname_username_uniq UNIQUE (jobname, username)
);
CREATE SEQUENCE cron.runid_seq;
CREATE TABLE cron.job_run_details (
    jobid bigint,
    runid bigint PRIMARY KEY DEFAULT nextval('cron.runid_seq'),
    job_pid integer,
    database text,
    username text,
    command text,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
);
GRANT SELECT ON cron.job TO PUBLIC;
GRANT SELECT, DELETE ON cron.job_run_details TO PUBLIC;
ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE cron.job_run_details ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_policy ON cron.job USING (username = CURRENT_USER);
CREATE POLICY cron_job_run_details_policy ON cron.job_run_details USING (username = CURRENT_USER);

CREATE FUNCTION cron._check(schedule text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF schedule !~* '^\s*(@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|[1-5]?[0-9] seconds?|([0-9a-z*$,/-]+\s+){4}[0-9a-z*$,/-]+)\s*$' THEN
        RAISE EXCEPTION 'invalid schedule: %', schedule USING ERRCODE = '22023', HINT =
            'Use cron format (e.g. 5 4 * * *), or interval format: 30 seconds';
    END IF;
END $$;

-- Who calls them is known by session_user: they write as the owner of the table.
CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint LANGUAGE plpgsql STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM cron._check(schedule);
    INSERT INTO cron.job (schedule, command, username) VALUES ($1, $2, session_user) RETURNING jobid INTO made;
    RETURN made;
END $$;

CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint LANGUAGE plpgsql STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM cron._check(schedule);
    INSERT INTO cron.job AS j (jobname, schedule, command, username) VALUES ($1, $2, $3, session_user)
    ON CONFLICT ON CONSTRAINT jobname_username_uniq DO UPDATE SET schedule = excluded.schedule, command = excluded.command
    RETURNING j.jobid INTO made;
    RETURN made;
END $$;

CREATE FUNCTION cron.schedule_in_database(
    job_name text, schedule text, command text, database text, username text DEFAULT NULL, active boolean DEFAULT true)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM cron._check(schedule);
    INSERT INTO cron.job AS j (jobname, schedule, command, database, username, active)
    VALUES ($1, $2, $3, $4, coalesce($5, session_user), $6)
    ON CONFLICT ON CONSTRAINT jobname_username_uniq DO UPDATE
    SET schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
    RETURNING j.jobid INTO made;
    RETURN made;
END $$;

CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE plpgsql STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM cron.job AS j WHERE j.jobid = job_id AND j.username = session_user;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'could not find valid entry for job %', job_id;
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION cron.unschedule(job_name text) RETURNS boolean LANGUAGE plpgsql STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM cron.job AS j WHERE j.jobname = job_name AND j.username = session_user;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'could not find valid entry for job ''%''', job_name;
    END IF;
    RETURN true;
END $$;

CREATE FUNCTION cron.alter_job(
    job_id bigint, schedule text DEFAULT NULL, command text DEFAULT NULL, database text DEFAULT NULL,
    username text DEFAULT NULL, active boolean DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM cron._check(schedule);
    UPDATE cron.job AS j SET schedule = coalesce($2, j.schedule), command = coalesce($3, j.command),
        database = coalesce($4, j.database), username = coalesce($5, j.username), active = coalesce($6, j.active)
    WHERE j.jobid = $1 AND j.username = session_user;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Job % does not exist or you don''t own it', $1;
    END IF;
END $$;

REVOKE EXECUTE ON FUNCTION cron.schedule_in_database(text, text, text, text, text, boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION cron.alter_job(bigint, text, text, text, text, boolean) FROM PUBLIC;
-- As Supabase's own script behind CREATE EXTENSION.
GRANT USAGE ON SCHEMA cron TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA cron TO @extowner@ WITH GRANT OPTION;
GRANT SELECT ON cron.job TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON cron.job_run_details TO @extowner@ WITH GRANT OPTION;
