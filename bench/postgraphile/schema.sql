-- What one would write for PostGraphile: a table, and a function that is a mutation.
CREATE SCHEMA playhead;
CREATE TABLE playhead.playheads (
  profile_id text, title text, device_id text, device_kind text, session_id text, event text,
  position_ms integer, duration_ms integer, version text COLLATE "C",
  PRIMARY KEY (profile_id, title)
);
COMMENT ON TABLE playhead.playheads IS E'@behavior -*';
-- The newest is kept, whatever order they arrive in; of one that is not the newest nothing is written.
CREATE FUNCTION playhead.record_heartbeat(
  profile_id text, title text, device_id text, device_kind text, session_id text, event text,
  position_ms integer, duration_ms integer, version text
) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE held text;
BEGIN
  INSERT INTO playhead.playheads AS held_row VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (profile_id, title) DO UPDATE SET
      device_id = $3, device_kind = $4, session_id = $5, event = $6, position_ms = $7,
      duration_ms = $8, version = $9
    WHERE held_row.version < excluded.version;
  IF FOUND THEN RETURN 'ACCEPTED'; END IF;
  SELECT version INTO held FROM playhead.playheads WHERE profile_id = $1 AND title = $2;
  RETURN CASE WHEN held = $9 THEN 'DUPLICATE' ELSE 'SUPERSEDED' END;
END $$;
