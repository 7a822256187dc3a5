\echo Use "CREATE EXTENSION dosai" to load this file. \quit

-- The cost is high, so that conditions that are cheap are looked at first; with more, PostgreSQL would compile statements
-- of a few calls, which gains nothing, and takes 22 MB.
CREATE FUNCTION dosai.chat(prompt text, options jsonb DEFAULT '{}') RETURNS text
  AS 'MODULE_PATHNAME', 'dosai_sql_chat' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10000;

CREATE FUNCTION dosai.stream(prompt text, options jsonb DEFAULT '{}',
    OUT kind text, OUT content text, OUT choice integer, OUT event json) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dosai_sql_stream' LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 10000 ROWS 100;

CREATE FUNCTION dosai.map(query text, options jsonb DEFAULT '{}', max_in_flight integer DEFAULT 16,
    OUT id text, OUT answer text, OUT status text, OUT http_status integer, OUT message text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dosai_sql_map' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1000;

-- Each call costs money, and sends data away: nobody may, until someone is allowed to.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dosai FROM PUBLIC;
