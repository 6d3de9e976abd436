-- Nobody can accept them any more, and they hold addresses of people who never came.

BEGIN;

-- ctb:allow keep-data: invitations that ran out 90 days ago are deleted by our privacy policy
DELETE FROM app.invitation WHERE accepted_at IS NULL AND expires_at < now() - interval '90 days';

COMMIT;

-- Rollback: none, because the rows are of no use, and are not kept
