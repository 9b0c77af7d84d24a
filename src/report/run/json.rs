//! `report --format json`: a campaign's runs as the journal tells them. The other formats show the same object.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api_base::Destination;
use crate::delivery::outcome::{Counts, Status};
use crate::locale::Catalog;
use crate::report::breakdown::told::grouped;
use crate::report::run::timeline::{Latency, Timeline};
use crate::report::run::times::Times;

/// What `wxcast report --format json` prints: one object. Equal journals and audiences print equal bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "wxcast report")]
pub struct RunReport {
    /// The campaign's id.
    pub campaign: String,
    /// Its title for people, as the file has it now; `null` where it has none, or cannot be read.
    pub title: Option<String>,
    /// Which time it is sent.
    pub wave: u32,
    /// The account.
    pub appid: String,
    /// The message kind.
    pub kind: String,
    /// Where the messages went: `real`, or `local` where requests stayed on this computer and nobody got anything.
    pub destination: String,
    /// `sha256:` over the finished payloads in order, as the files are now; `null` where they have faults now.
    pub digest: Option<String>,
    /// Whether a process is sending now.
    pub running: bool,
    /// Why what is told here is not all, as a sentence: receipt or results tell of more than the journal. `null` as a
    /// rule.
    pub doubt: Option<String>,
    /// The recipients by status. Where the files have faults now, only those whom the journal knows; where the journal
    /// does not know the campaign and receipt or results do (`doubt`), as these tell.
    pub counts: Counts,
    /// The recipients by the values of the columns that `--by` names, in the order of the audience.
    pub by: Vec<By>,
    /// Messages of which somebody said by hand whether they had arrived; they are among the counts.
    pub settled_by_hand: u64,
    /// Messages in flight now, counted among the unknown until they are answered.
    pub in_flight: u64,
    /// Recipients of earlier runs who are no longer in the audience; they are in none of the counts.
    pub gone: u64,
    /// Recipients who were, or may have been, sent another text than the campaign has now.
    pub altered: u64,
    /// Requests made so far, over all runs, for the recipients that are counted.
    pub requests: u64,
    /// When the first run began.
    #[schemars(with = "Option<String>")]
    pub first: Option<Timestamp>,
    /// When the last outcome was noted.
    #[schemars(with = "Option<String>")]
    pub last: Option<Timestamp>,
    /// How long the last answers to all messages took.
    pub latency_ms: Option<Latency>,
    /// What the outcomes were, by status and reason.
    pub reasons: Vec<Reason>,
    /// What was tried again.
    pub retries: Retries,
    /// How often a token was asked for, of WeChat or of a program, as far as it is noted: runs of an earlier wxcast
    /// noted nothing.
    pub token_fetches: u64,
    /// The runs, the first one first.
    pub runs: Vec<Run>,
    /// How old people's last contact was when WeChat answered; `null` where the campaign has no times, or nobody was
    /// answered yet.
    pub times: Option<Times>,
    /// Answers over time, for the last 20 runs that had any.
    pub timeline: Vec<Timeline>,
    /// Messages whose outcome is unknown, at most 1000 of them, in the order of the audience.
    pub unknown: Vec<Unknown>,
    /// That the times in the audience look wrong, where they do.
    #[serde(skip)]
    pub times_off: Option<String>,
    /// Where people read times.
    #[serde(skip)]
    pub zone: TimeZone,
}

/// The recipients by the values of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct By {
    /// The column.
    pub column: String,
    /// Its values.
    pub values: Vec<ByValue>,
}

/// The recipients with one value of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ByValue {
    /// The value; blank where the cell is. Of very many values the last ones are counted together, as `…`.
    pub value: String,
    /// The recipients by status.
    pub counts: Counts,
}

/// Outcomes of one status for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    /// The status.
    pub status: String,
    /// WeChat's errcode, where it answered.
    pub errcode: Option<i64>,
    /// What took the place of an answer; `in-flight` while there is none yet.
    pub incident: Option<String>,
    /// Whether the errcode is in wxcast's table; `null` without one.
    pub known: Option<bool>,
    /// How many.
    pub count: u64,
    /// What it means.
    pub meaning: Option<String>,
    /// What to do.
    pub advice: Option<String>,
}

/// What was tried again, or is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Retries {
    /// Messages that took more than one request.
    pub messages: u64,
    /// Attempts that certainly delivered nothing and were followed by another one, or will be.
    pub attempts: u64,
    /// Those of them that were answered with a dead token. One new token serves all messages that wait for it; the
    /// `happenings` of a run say when one was fetched.
    pub token: u64,
    /// The reasons of those attempts.
    pub reasons: Vec<Reason>,
}

/// One run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Run {
    /// Its number.
    pub run: i64,
    /// When it began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When it ended; `null` while it runs, and after a crash.
    #[schemars(with = "Option<String>")]
    pub ended: Option<Timestamp>,
    /// The name of its exit.
    pub exit: Option<String>,
    /// Why it stopped before everybody had been tried, where it did: a stable word, with the errcode where there is one.
    pub reason: Option<String>,
    /// The same as a sentence.
    pub why: Option<String>,
    /// The digest of its plan.
    pub digest: String,
    /// How many messages were planned.
    pub planned: u64,
    /// How many requests it made.
    pub requests: Option<u64>,
    /// The statuses of the audience when it ended.
    pub counts: Option<Counts>,
    /// What happened beside its messages, at most 200 things, the first one first.
    pub happenings: Vec<Happening>,
    /// How many more things happened.
    pub more_happenings: u64,
}

/// Something that happened during a run beside its messages.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Happening {
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// `token`: one was asked for. `pace`: the run became slower or faster. `stopping`: it began to stop.
    pub what: String,
    /// Why. Of a token: `first`, `renewal` (the one in use was about to end) or `refused`. Of the pace: `throttled`
    /// (WeChat asked for it), `busy` or `recovered`. Of stopping: as in the run.
    pub why: String,
    /// What gave the token: `platform`, `forced` (the platform, which then lets the one before die), `command`,
    /// `kept` (by an earlier run or another process) or `given`.
    pub from: Option<String>,
    /// Whether there was a token.
    pub ok: Option<bool>,
    /// The errcode that came instead of a token.
    pub errcode: Option<i64>,
    /// The most messages a second from then on.
    pub per_second: Option<f64>,
    /// The same as a sentence.
    pub text: String,
}

/// A message that may or may not have arrived.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Unknown {
    /// Its row in the audience, from 1; `null` where the audience has faults now.
    pub row: Option<u64>,
    /// The openid, masked unless somebody decided otherwise.
    pub openid: String,
    /// What happened; `in-flight` while it is on its way.
    pub incident: Option<String>,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// How many requests were made for it.
    pub attempts: u32,
}

/// How much of all a part is, in percent; nothing of nothing.
pub(crate) fn share(part: u64, all: u64) -> String {
    let all = u128::from(all.max(1));
    let tenths = (u128::from(part) * 1000 + all / 2) / all;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Writes the object.
///
/// # Errors
///
/// When it cannot be written.
pub(crate) fn write(report: &RunReport, _: &Catalog, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

impl RunReport {
    /// A time as people read it.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// Its id and which time it is sent.
    pub(crate) fn name(&self, words: &Catalog) -> String {
        words.say("plan.wave", &[("campaign", &self.campaign), ("wave", &self.wave)])
    }

    /// How many were sent it, of how many, and how much of all that is.
    pub(crate) fn reached(&self, words: &Catalog) -> String {
        let (sent, all) = (self.counts.sent, self.counts.total());
        let places: [(&str, &dyn std::fmt::Display); 3] =
            [("sent", &grouped(sent)), ("all", &grouped(all)), ("share", &share(sent, all))];
        words.say("report.reached", &places)
    }

    /// Its title.
    pub(crate) fn title(&self, words: &Catalog) -> String {
        let campaign = self.title.clone().unwrap_or_else(|| self.name(words));
        let key = if self.is_local() { "report.title-local" } else { "report.title" };
        words.say(key, &[("campaign", &campaign)])
    }

    /// Whether nobody got anything, because all of it went to this computer.
    pub(crate) fn is_local(&self) -> bool {
        self.destination == Destination::Local.name()
    }

    /// The six statuses with their words and counts.
    pub(crate) fn statuses(&self, words: &Catalog) -> Vec<(Status, String, u64)> {
        let word = |status: Status| words.say(&format!("status.{}", status.name()), &[]);
        Status::ALL.iter().map(|status| (*status, word(*status), self.counts.of(*status))).collect()
    }

    /// How many unknown messages are not listed.
    pub(crate) fn unlisted(&self) -> u64 {
        let listed = u64::try_from(self.unknown.len()).expect("a count of what is in memory");
        self.counts.unknown.saturating_sub(listed)
    }
}

impl Reason {
    /// The word of its status; of an attempt that was followed by another one, that it was.
    pub(crate) fn word(&self, words: &Catalog) -> String {
        let again = self.status == Status::Unsent.name();
        words.say(
            &if again { "report.chart.again".to_owned() } else { format!("status.{}", self.status) },
            &[],
        )
    }

    /// The errcode, or what took its place; blank where there is neither.
    pub(crate) fn code(&self, words: &Catalog) -> String {
        let errcode = self.errcode.map(|code| code.to_string());
        errcode.or_else(|| self.incident.as_deref().map(|name| words.cause(name))).unwrap_or_default()
    }

    /// What it means and what to do, as far as there is anything to say.
    pub(crate) fn text(&self) -> String {
        [&self.meaning, &self.advice].into_iter().flatten().cloned().collect::<Vec<String>>().join(" ")
    }
}

impl Run {
    /// How it ended, as people read it. `now` is whether it is the one that is running.
    pub(crate) fn ending(&self, now: bool, words: &Catalog) -> String {
        match (&self.exit, &self.why) {
            (Some(_), Some(why)) => why.clone(),
            (Some(exit), None) => words.say(&format!("report.exit.{exit}"), &[]),
            (None, _) if now => words.say("runs.now", &[]),
            (None, _) => words.say("runs.crashed", &[]),
        }
    }
}
