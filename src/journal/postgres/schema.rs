//! The tables of a journal in PostgreSQL.
//!
//! Nothing in them tells who a person is or what was written to them: a person is the first half of a hash, and no openid,
//! no text and no token leaves the computer that sends. A message has a row from its first intent on; the audience is not
//! loaded into the database.
//!
//! The primary key of `message` is what keeps two computers from sending one message: whoever writes its row first may
//! send it. The row in `worker` is what keeps a process that was paused from going on: it is locked in each commit, and
//! whoever takes the messages of a silent process over marks it as ended, in the transaction that makes what it had in
//! flight unknown.

/// The format this program writes, and the newest it reads.
pub(crate) const FORMAT: i64 = 1;

/// Makes everything, in one transaction of the caller's. A row of `message` is written twice, and what the first left is
/// taken away soon, so that others have its place.
pub(crate) const SQL: &str = "\
CREATE SCHEMA wxcast;
CREATE TABLE wxcast.meta (key text COLLATE \"C\" PRIMARY KEY, value text NOT NULL);
CREATE TABLE wxcast.account (
  appid text NOT NULL, destination text NOT NULL, tat timestamptz, factor real NOT NULL DEFAULT 1, factor_at timestamptz,
  stopped text, PRIMARY KEY (appid, destination));
CREATE TABLE wxcast.campaign (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, appid text NOT NULL, campaign text NOT NULL, wave bigint NOT NULL,
  channel text NOT NULL, destination text NOT NULL, epoch integer NOT NULL DEFAULT 0,
  numbered integer NOT NULL DEFAULT 0, origin text, stopped text,
  UNIQUE (appid, campaign, wave, channel, destination));
CREATE TABLE wxcast.worker (
  campaign integer NOT NULL, epoch integer NOT NULL, plan text, host text NOT NULL, pid bigint NOT NULL,
  version text NOT NULL, started timestamptz NOT NULL DEFAULT clock_timestamp(), until timestamptz NOT NULL,
  ended timestamptz, commits bigint NOT NULL DEFAULT 0, intents bigint NOT NULL DEFAULT 0,
  messages bigint NOT NULL DEFAULT 0, changes bigint NOT NULL DEFAULT 0, members text NOT NULL,
  PRIMARY KEY (campaign, epoch)) WITH (fillfactor = 50);
CREATE TABLE wxcast.block (
  campaign integer NOT NULL, plan text NOT NULL, n integer NOT NULL, owner integer, epoch integer NOT NULL DEFAULT 0,
  done boolean NOT NULL DEFAULT false, PRIMARY KEY (campaign, plan, n)) WITH (fillfactor = 70);
CREATE TABLE wxcast.message (
  payload bigint NOT NULL, at bigint NOT NULL, errcode bigint, campaign integer NOT NULL, number integer NOT NULL,
  nth integer NOT NULL, owner integer NOT NULL, attempts integer NOT NULL, latency integer, reason integer,
  state smallint NOT NULL, person bytea NOT NULL, hint text, rid text,
  PRIMARY KEY (campaign, person, nth)) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_cost_delay = 0);
CREATE INDEX message_number ON wxcast.message (campaign, number);
CREATE TABLE wxcast.attempt (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, campaign integer NOT NULL, message integer NOT NULL,
  number integer NOT NULL, errcode bigint, reason integer, rid text, at bigint NOT NULL, latency integer);
CREATE INDEX attempt_campaign ON wxcast.attempt (campaign, id);
CREATE TABLE wxcast.text (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, value text NOT NULL UNIQUE);
CREATE TABLE wxcast.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, campaign integer NOT NULL, started bigint NOT NULL, ended bigint,
  ending text, exit bigint, pid bigint NOT NULL, host text NOT NULL, version text NOT NULL, digest text NOT NULL,
  text text NOT NULL, planned bigint NOT NULL, requests bigint, reason text, counts text, plan text, skipped text,
  hosts text);
CREATE INDEX run_campaign ON wxcast.run (campaign, id);
CREATE TABLE wxcast.notice (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run bigint NOT NULL, at bigint NOT NULL, what text NOT NULL);
CREATE INDEX notice_run ON wxcast.notice (run, id);
CREATE TABLE wxcast.resolution (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, campaign integer NOT NULL, message integer NOT NULL,
  outcome smallint NOT NULL, who text NOT NULL, at bigint NOT NULL);
CREATE INDEX resolution_campaign ON wxcast.resolution (campaign, id);
INSERT INTO wxcast.meta (key, value) VALUES
  ('format', '1'), ('least_reader', '1'), ('uuid', replace(gen_random_uuid()::text, '-', '')),
  ('system', (SELECT system_identifier::text FROM pg_control_system())),
  ('timeline', substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8));
";
