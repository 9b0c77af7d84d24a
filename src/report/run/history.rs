//! Reads the journal of a campaign as a report: every count, reason and time in it comes from here.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::api_base::Destination;
use crate::campaign::Campaign;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::{Counts, Status};
use crate::delivery::tally::Tally;
use crate::journal::attempts::RecordedAttempt;
use crate::journal::notice::Noticed;
use crate::journal::record::{Recorded, State};
use crate::journal::run::RunRecord;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::locale::Catalog;
use crate::locale::mask::{mask, masked_name};
use crate::message::Kind;
use crate::plan::Plan;
use crate::plan::inputs::Inputs;
use crate::plan::sample::few::Few;
use crate::report::join::{Join, JoinError, RowReport, identity, tally_of_journal};
use crate::report::run::happening;
use crate::report::run::json::{By, ByValue, Reason, Retries, Run, RunReport, Unknown};
use crate::report::run::no_answer::NoAnswer;
use crate::report::run::stopped::why;
use crate::report::run::timeline::{Answer, Latency, Timeline};
use crate::report::run::times::{self, Times};
use crate::wechat::answer::error_code::{self, Class, class_of};

/// So many unknown messages are listed.
const LISTED: usize = 1000;
/// The timelines of so many runs are kept.
const RUNS: usize = 20;

/// What a report is made from.
#[derive(Debug)]
pub(crate) struct History<'a> {
    /// Whose messages.
    pub(crate) identity: &'a Identity,
    /// Where its messages went.
    pub(crate) destination: Destination,
    /// The message kind, where the campaign has exactly one.
    pub(crate) kind: Option<Kind>,
    /// The campaign and its plan, where its files have no fault now.
    pub(crate) planned: Option<(&'a Campaign, &'a Plan)>,
    /// The journal, where there is one.
    pub(crate) store: Option<&'a Store>,
    /// Whether a process is sending now.
    pub(crate) running: bool,
    /// Why the journal does not tell all, where something speaks against it.
    pub(crate) doubt: Option<String>,
    /// Whether openids are masked.
    pub(crate) masked: bool,
    /// The zone in which times are told.
    pub(crate) zone: &'a TimeZone,
    /// The columns of the audience by whose values people are counted.
    pub(crate) by: &'a [String],
}

/// Outcomes by status and reason: the errcode, or what took its place.
type Reasons = BTreeMap<(Status, Option<i64>, Option<NoAnswer>), u64>;

/// What the journal knows beside the messages.
#[derive(Default)]
struct Rest {
    runs: Vec<RunRecord>,
    attempts: Vec<RecordedAttempt>,
    notices: Vec<Noticed>,
}

#[derive(Default)]
struct Collected {
    reasons: Reasons,
    again: Reasons,
    token: u64,
    repeated: u64,
    requests: u64,
    answers: Vec<Answer>,
    unknown: Vec<Unknown>,
    settled: u64,
    by: Few<Counts>,
    masked: bool,
    running: bool,
}

impl History<'_> {
    /// Makes the report.
    ///
    /// # Errors
    ///
    /// When audience or journal cannot be read, or the audience changes meanwhile.
    pub(crate) fn read(&self, words: &Catalog) -> Result<RunReport, JoinError> {
        let mut seen = Collected { masked: self.masked, running: self.running, ..Collected::default() };
        let tally = self.walk(&mut seen)?;
        let Rest { runs, attempts, notices } = self.rest().map_err(JoinError::Journal)?;
        attempts.into_iter().for_each(|attempt| seen.attempt(attempt));
        seen.answers.sort_unstable_by_key(|answer| answer.at);
        Ok(self.report(&tally, seen, &runs, &notices, words))
    }

    /// Walks the rows of the audience, or where that cannot be read now, the messages of the journal.
    fn walk(&self, seen: &mut Collected) -> Result<Tally, JoinError> {
        if let Some((campaign, plan)) = self.planned {
            let inputs = Inputs::of_campaign(campaign, &plan.library);
            let mut join = Join::open(&inputs, plan, self.store, &identity(campaign))?;
            let header = join.header();
            let column = header.position(&campaign.audience.openid_column);
            let columns = self.by.iter().filter_map(|name| Some((header.position(name)?, name.clone())));
            seen.by = Few::wanted(columns);
            while let Some(RowReport { row, recorded, status, .. }) = join.next()? {
                if let Ok(cells) = row.cells() {
                    seen.by.add(|cell| cells.or_blank(cell), |counts| counts.add(status, 1));
                }
                if let Some(recorded) = recorded {
                    let openid = column.and_then(|at| row.record().get(at)).map(String::from_utf8_lossy);
                    seen.message(&recorded, Some(row.number), openid.as_deref());
                }
            }
            return join.finish();
        }
        let mut read = || {
            let Some(store) = self.store else { return Ok(Tally::default()) };
            let Some(number) = store.find_campaign(self.identity)? else { return Ok(Tally::default()) };
            store.messages(number, |message| seen.message(&message, None, None))?;
            tally_of_journal(store, number)
        };
        read().map_err(JoinError::Journal)
    }

    fn rest(&self) -> Result<Rest, JournalError> {
        let Some(store) = self.store else { return Ok(Rest::default()) };
        let Some(number) = store.find_campaign(self.identity)? else { return Ok(Rest::default()) };
        let mut attempts = Vec::new();
        store.attempts(number, &mut |attempt| attempts.push(attempt))?;
        Ok(Rest { runs: store.runs(number)?, attempts, notices: store.notices(number)? })
    }

    fn report(
        &self,
        tally: &Tally,
        seen: Collected,
        runs: &[RunRecord],
        notices: &[Noticed],
        words: &Catalog,
    ) -> RunReport {
        let latencies = seen.answers.iter().filter(|answer| answer.status.is_some());
        let timeline: Vec<Timeline> = runs
            .iter()
            .enumerate()
            .rev()
            .filter_map(|(index, run)| {
                // A run that crashed ended before the next one began.
                let ended = run.ended.or_else(|| runs.get(index + 1).map(|next| next.started));
                Timeline::of(run.id.0, run.started, ended, &seen.answers)
            })
            .take(RUNS)
            .collect();
        RunReport {
            campaign: self.identity.campaign.clone(),
            title: self.planned.and_then(|(campaign, _)| campaign.title.clone()),
            by: by(&seen.by, self.masked),
            settled_by_hand: seen.settled,
            wave: self.identity.wave,
            appid: self.identity.appid.clone(),
            kind: self.kind.map_or_else(String::new, |kind| kind.to_string()),
            destination: self.destination.name().to_owned(),
            digest: self.planned.map(|(_, plan)| plan.digest.to_string()),
            running: self.running,
            doubt: self.doubt.clone(),
            counts: tally.counts,
            in_flight: if self.running { tally.in_flight } else { 0 },
            gone: tally.gone,
            altered: tally.altered,
            requests: seen.requests,
            first: runs.first().map(|run| run.started),
            last: seen.answers.last().map(|answer| answer.at),
            latency_ms: Latency::of(latencies.filter_map(|answer| answer.latency_ms).collect()),
            reasons: reasons(&seen.reasons, words),
            retries: Retries {
                messages: seen.repeated,
                attempts: seen.again.values().sum(),
                token: seen.token,
                reasons: reasons(&seen.again, words),
            },
            token_fetches: happening::token_fetches(notices),
            runs: runs.iter().map(|run| told(run, notices, words)).collect(),
            times: Times::of(&tally.ages),
            times_off: times::sentence(&tally.ages, words),
            timeline: timeline.into_iter().rev().collect(),
            unknown: seen.unknown,
            zone: self.zone.clone(),
        }
    }
}

impl Collected {
    /// `openid` is what the audience says of a journal that does not.
    fn message(&mut self, message: &Recorded, row: Option<u64>, openid: Option<&str>) {
        let status = message.state.status();
        let (errcode, incident) = match message.state {
            State::InFlight if self.running => (None, Some(NoAnswer::InFlight)),
            // The process that waited for the answer has ended.
            State::InFlight => (None, Some(NoAnswer::Incident(Incident::Crash))),
            State::Settled(_) | State::Skipped(_) => NoAnswer::or_errcode(message.cause.as_ref()),
        };
        self.requests += u64::from(message.attempts);
        self.repeated += u64::from(message.attempts > 1);
        match status {
            // What was put off is among the attempts.
            Status::Unsent | Status::Skipped => return,
            Status::Sent | Status::Refused | Status::Failed => {}
            Status::Unknown => {
                self.unknown(message, incident.as_ref().map(ToString::to_string), row, openid);
            }
        }
        // What is on its way has no answer yet, and what was settled by hand had it at another time.
        let answered =
            message.state != State::InFlight && incident != Some(NoAnswer::Incident(Incident::Resolved));
        self.settled += u64::from(incident == Some(NoAnswer::Incident(Incident::Resolved)));
        *self.reasons.entry((status, errcode, incident)).or_default() += 1;
        if answered {
            let latency_ms = message.latency_ms.and_then(|latency| u32::try_from(latency).ok());
            self.answers.push(Answer { at: message.at, latency_ms, status: Some(status) });
        }
    }

    fn unknown(
        &mut self,
        message: &Recorded,
        incident: Option<String>,
        row: Option<u64>,
        openid: Option<&str>,
    ) {
        if self.unknown.len() < LISTED {
            self.unknown.push(Unknown {
                row,
                openid: match openid.or(message.recipient.openid()) {
                    Some(openid) if self.masked => mask(openid),
                    Some(openid) => openid.to_owned(),
                    None => message.recipient.to_string(),
                },
                incident,
                at: message.at,
                attempts: message.attempts,
            });
        }
    }

    fn attempt(&mut self, attempt: RecordedAttempt) {
        let (errcode, incident) = NoAnswer::or_errcode(attempt.cause.as_ref());
        let latency_ms = attempt.latency_ms.and_then(|latency| u32::try_from(latency).ok());
        if incident.as_ref().is_some_and(NoAnswer::may_have_arrived) {
            // It was settled by hand since; in its run nobody knew.
            self.answers.push(Answer { at: attempt.at, latency_ms, status: Some(Status::Unknown) });
            return;
        }
        self.token += u64::from(errcode.is_some_and(|code| class_of(code) == Class::Token));
        *self.again.entry((Status::Unsent, errcode, incident)).or_default() += 1;
        self.answers.push(Answer { at: attempt.at, latency_ms, status: None });
    }
}

/// The people by the values of columns, as the report has them.
fn by(few: &Few<Counts>, masked: bool) -> Vec<By> {
    let value = |(value, counts): &(String, Counts)| ByValue {
        value: if masked { masked_name(value) } else { value.clone() },
        counts: *counts,
    };
    let columns = few.parts();
    columns
        .map(|(column, values)| By {
            column: column.name.clone(),
            values: values.iter().map(value).collect(),
        })
        .collect()
}

/// The reasons in the order of statuses, the most frequent first.
fn reasons(all: &Reasons, words: &Catalog) -> Vec<Reason> {
    let mut told: Vec<(Status, Reason)> = all
        .iter()
        .map(|((status, errcode, incident), count)| {
            let sentence =
                |part: &str, code: i64| words.say(&format!("errcode.{}.{part}", error_code::key(code)), &[]);
            let told = errcode.filter(|code| *code != 0);
            let advice = incident.as_ref().and_then(NoAnswer::advice_key).map(|key| words.say(&key, &[]));
            let reason = Reason {
                status: status.name().to_owned(),
                errcode: *errcode,
                incident: incident.as_ref().map(ToString::to_string),
                known: errcode.map(|code| error_code::find(code).is_some()),
                count: *count,
                meaning: told.map(|code| sentence("meaning", code)),
                advice: told.map(|code| sentence("advice", code)).or(advice),
            };
            (*status, reason)
        })
        .collect();
    told.sort_by_key(|(status, reason)| (*status, std::cmp::Reverse(reason.count)));
    told.into_iter().map(|(_, reason)| reason).collect()
}

fn told(run: &RunRecord, notices: &[Noticed], words: &Catalog) -> Run {
    let (happenings, more_happenings) = happening::of_run(run.id, notices, words);
    Run {
        run: run.id.0,
        started: run.started,
        ended: run.ended,
        exit: run.ending.map(|ending| ending.name().to_owned()),
        reason: run.reason.as_ref().map(ToString::to_string),
        why: run.reason.as_ref().map(|reason| why(reason, words)),
        digest: run.digest.clone(),
        planned: run.planned,
        requests: run.requests,
        counts: run.counts,
        happenings,
        more_happenings,
    }
}
