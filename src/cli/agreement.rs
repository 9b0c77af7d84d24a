//! What people see before a message leaves, and whether they agree. With `--yes` the same is printed, so that a log
//! tells afterwards what was agreed to.

use std::fmt::Display;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::api_base::Hosts;
use crate::campaign::file::Duplicates;
use crate::campaign::{Campaign, SecretPlace, moment};
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::problem::Problem;
use crate::cli::results_file::ResultsFile;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::tried::Tried;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Counts;
use crate::delivery::skip::SkipReason;
use crate::delivery::tally::Tally;
use crate::diagnostic::code::Code;
use crate::journal::history::Begun;
use crate::journal::store::Store;
use crate::journal::{Identity, JournalError};
use crate::locale::visible::{command_line, one_line};
use crate::plan::id::PlanId;
use crate::plan::schedule::outlook::{Outlook, outlook};
use crate::plan::{Plan, forecast_seconds, text_digest};
use crate::report;
use crate::report::earlier::Earlier;
use crate::report::join::{JoinError, identity, tally};
use crate::report::plan::text as plan_text;
use crate::report::preview;

/// What somebody agrees to.
pub(crate) struct Proposal<'a> {
    /// The campaign.
    pub(crate) campaign: &'a Campaign,
    /// Its plan.
    pub(crate) plan: &'a Plan,
    /// Its id.
    pub(crate) id: PlanId,
    /// Where requests go.
    pub(crate) hosts: &'a Hosts,
    /// What earlier runs did.
    pub(crate) before: &'a Before,
    /// How many messages would be sent.
    pub(crate) left: u64,
}

/// What was there before this run.
pub(crate) struct Before {
    /// What became of the audience so far.
    pub(crate) tally: Tally,
    /// The digest of the last run that sent another text than the campaign has now.
    other_text: Option<String>,
    /// When the last run began.
    last: Option<Timestamp>,
    /// Who else got exactly this, where nobody was sent this campaign yet.
    alike: Option<Alike>,
    /// What other campaigns sent the same people of late, the last one first.
    others: Vec<Alike>,
    /// Who was sent it to look at it.
    pub(crate) tried: Tried,
}

/// So far back other campaigns are looked at, so many of them, and so many are told of.
const LATELY: SignedDuration = SignedDuration::from_hours(90 * 24);
const LOOKED_AT: usize = 20;
const TOLD: usize = 5;

/// Another campaign or wave that went to the same people, in whole or with the same text.
struct Alike {
    whose: Identity,
    count: u64,
    at: Timestamp,
    /// Whether it was pruned: then `count` is how many messages it had, and nobody knows whose they were.
    pruned: bool,
}

impl Before {
    /// How many people were said to be too late: by the outlook where nobody was sent anything yet, else by earlier runs.
    pub(crate) fn announced(&self, proposal: &Proposal<'_>) -> u64 {
        let earlier = [SkipReason::Window, SkipReason::Allowance];
        let earlier: u64 = earlier.iter().filter_map(|why| self.tally.skipped.get(why)).sum();
        earlier.max(proposal.outlook().map_or(0, |outlook| outlook.lost()))
    }

    /// Insists that what was sent is what the files say now, where nothing is left to send: a folder of last month with
    /// a new text and the old id is no campaign that is done.
    ///
    /// # Errors
    ///
    /// When they say something else.
    pub(crate) fn insist_on_text(&self) -> Result<(), Problem> {
        let counts = self.tally.counts;
        let other = if self.other_text.is_some() { counts.sent + counts.unknown } else { self.tally.altered };
        if other == 0 {
            return Ok(());
        }
        let at = self.last.map_or_else(|| "?".to_owned(), |last| last.strftime("%Y-%m-%d").to_string());
        Err(Problem::new(Exit::Gate, "other-text-sent").with("count", other).with("at", at))
    }
}

/// Reads what earlier runs did. What a crash left in flight is settled on the way. `counted` was counted while the plan was
/// made; the audience is read for it only where that cannot be taken any more.
///
/// # Errors
///
/// When audience or journal cannot be read.
pub(crate) fn before(
    results: &ResultsFile,
    counted: Option<Earlier>,
    state: &Path,
) -> Result<Before, Problem> {
    let (campaign, plan) = (&*results.campaign, &*results.plan);
    // Before anything is settled here, which is writing too.
    let counted = match counted {
        Some(earlier) => earlier.finish()?,
        None => None,
    };
    let store = settle_crash(campaign, state)?;
    // Where nothing has changed since results were written, they came to what is asked for.
    let unchanged = store.as_ref().map(|store| results.unchanged(store)).transpose()?.flatten();
    let tally = match unchanged.or(counted) {
        Some(tally) => tally,
        None => tally(campaign, plan, store.as_ref())?,
    };
    let (mut other_text, mut begun) = (None, None);
    if let Some(store) = &store
        && let Some(number) = store.find_campaign(&identity(campaign))?
    {
        let runs = store.runs(number)?;
        let now = text_digest(campaign, plan).to_string();
        let reached = tally.counts.sent + tally.counts.unknown;
        let last = runs.last().filter(|last| last.text != now && reached > 0);
        other_text = last.map(|last| last.digest.clone());
        begun = runs.last().map(|last| last.started);
    }
    let untouched = tally.counts.sent + tally.counts.unknown == 0;
    let (mut the_same, mut others, mut tried) = (None, Vec::new(), Tried::default());
    if let Some(store) = &store {
        tried = Tried::of(campaign, plan, store)?;
        if untouched {
            the_same = alike(campaign, plan, store)?;
        }
        // Where everybody was sent the message nobody will be asked.
        let Counts { sent, refused: _, failed: _, unknown: _, skipped, unsent: _ } = tally.counts;
        if sent + skipped < tally.counts.total() {
            others = lately(campaign, plan, store)?;
        }
    }
    Ok(Before { tally, other_text, last: begun, alike: the_same, others, tried })
}

/// What other campaigns sent the people of a plan of late.
fn lately(campaign: &Campaign, plan: &Plan, store: &Store) -> Result<Vec<Alike>, JoinError> {
    let since = Timestamp::now().checked_sub(LATELY).unwrap_or(Timestamp::MIN);
    let others = store.others_since(&identity(campaign), since, LOOKED_AT).map_err(JoinError::Journal)?;
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let persons = report::join::persons(campaign, plan)?;
    let mut found = Vec::new();
    for Begun { key, whose, at } in others {
        let mut count = 0;
        store.occasions(&[key], since, &persons, |_, _| count += 1).map_err(JoinError::Journal)?;
        if count > 0 {
            found.push(Alike { whose, count, at, pruned: false });
        }
    }
    Ok(found)
}

/// The campaign or wave that sent exactly this to the most people of a plan.
fn alike(campaign: &Campaign, plan: &Plan, store: &Store) -> Result<Option<Alike>, JoinError> {
    let (text, digest) = (text_digest(campaign, plan).to_string(), plan.digest.to_string());
    let others = store.with_text(&identity(campaign), &text, &digest).map_err(JoinError::Journal)?;
    let (mut most, mut pruned) = (None, None);
    for (whose, at) in others {
        let count = report::join::alike(campaign, plan, store, &whose)?;
        if count > most.as_ref().map_or(0, |most: &Alike| most.count) {
            most = Some(Alike { whose, count, at, pruned: false });
        } else if pruned.is_none() {
            pruned = gone(store, whose, at).map_err(JoinError::Journal)?;
        }
    }
    Ok(most.or(pruned))
}

/// A campaign whose messages were taken out of the journal: who got it cannot be counted any more.
fn gone(store: &Store, whose: Identity, at: Timestamp) -> Result<Option<Alike>, JournalError> {
    let Some(key) = store.find_campaign(&whose)? else { return Ok(None) };
    let pruned = store.pruned(key)?;
    Ok(pruned.map(|pruned| Alike { whose, count: pruned.messages, at, pruned: true }))
}

/// Whoever holds the lock may settle what a crashed process left in flight.
fn settle_crash(campaign: &Campaign, state: &Path) -> Result<Option<Store>, JournalError> {
    let Some(store) = Store::read(state)? else { return Ok(None) };
    let whose = identity(campaign);
    if store.find_campaign(&whose)?.is_none() {
        return Ok(Some(store));
    }
    let mut store = Store::open(state)?;
    store.claim(&whose, Incident::Crash)?;
    Ok(Some(store))
}

/// The program that prints tokens, where one does.
pub(crate) fn token_command(campaign: &Campaign) -> Option<&[String]> {
    match &campaign.account.secret {
        SecretPlace::TokenCommand(command) => Some(command),
        SecretPlace::Environment(_) | SecretPlace::File(_) => None,
    }
}

impl Proposal<'_> {
    /// Says what is about to be sent, and what an operator should know before they agree.
    pub(crate) fn tell(&self, terminal: &Terminal) {
        let Self { campaign, plan, id, hosts, before, left } = self;
        let words = &terminal.words;
        if let Some(title) = &campaign.title {
            terminal.say("send.title", &[("title", &one_line(title))]);
        }
        terminal.say(
            "send.about",
            &[
                ("campaign", &campaign.id),
                ("wave", &campaign.wave),
                ("appid", &campaign.account.appid),
                ("kind", &campaign.body.kind()),
            ],
        );
        terminal.say("send.destination", &[("destination", &plan_text::destination(hosts, words))]);
        if let Some(command) = token_command(campaign) {
            terminal.say("send.token-command", &[("command", &command_line(command))]);
        }
        if let Some(sheet) = &plan.sheet {
            terminal.say("send.sheet", &[("sheet", &one_line(&sheet.name))]);
        }
        let seconds = forecast_seconds(*left, campaign.send.ceiling());
        let forecast = plan_text::length(seconds, words);
        let rows = plan.counts.rows();
        let hours = &campaign.send.hours;
        if hours.is_limited() {
            terminal.say("send.hours", &[("hours", &hours)]);
        }
        match hours.end_of_work(
            Timestamp::now(),
            SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)),
        ) {
            Some(end) => {
                let until = moment::shown(end, &hours.zone);
                let places: &[(&str, &dyn Display)] =
                    &[("left", left), ("rows", &rows), ("forecast", &forecast), ("until", &until)];
                terminal.say("send.left", places);
            }
            None => {
                terminal.say("send.left-over", &[("left", left), ("rows", &rows), ("forecast", &forecast)])
            }
        }
        if let Some(outlook) = self.outlook() {
            for line in plan_text::outlook(&outlook, &hours.zone, words) {
                terminal.tell(&format!("{line}\n"));
            }
        }
        self.skipped(terminal);
        self.warnings(terminal);
        self.earlier(terminal);
        terminal.say("send.digests", &[("digest", &plan.digest), ("plan", id)]);
        self.sample(terminal);
        before.tried.tell(campaign, terminal);
        if let Some(Alike { whose, count, at, pruned }) = &before.alike {
            let day = at.strftime("%Y-%m-%d");
            terminal.say(
                if *pruned { "send.alike-pruned" } else { "send.alike" },
                &[
                    ("count", count),
                    ("left", left),
                    ("campaign", &whose.campaign),
                    ("wave", &whose.wave),
                    ("at", &day),
                ],
            );
        }
        if let Some(other) = &before.other_text {
            let sent = before.tally.counts.sent;
            terminal.say(
                "send.other-text",
                &[("sent", &sent), ("left", left), ("then", other), ("now", &plan.digest)],
            );
        } else if before.tally.altered > 0 {
            terminal.say("send.altered", &[("count", &before.tally.altered)]);
        }
    }

    /// Who can still be reached. What the journal has settled takes nobody's turn, and who is left then is not known here.
    fn outlook(&self) -> Option<Outlook> {
        let fresh = self.left == self.plan.counts.planned;
        outlook(self.campaign, self.plan, Timestamp::now()).filter(|_| fresh)
    }

    /// How many are skipped, and why.
    fn skipped(&self, terminal: &Terminal) {
        let counts = self.plan.counts;
        let count = counts.rows() - counts.planned;
        if count == 0 {
            return;
        }
        let words = &terminal.words;
        let each = self
            .plan
            .skipped_rows()
            .into_iter()
            .map(|rows| plan_text::skipped(rows.why.name(), rows.list, rows.count, words));
        let more = |reasons: String, reason: String| {
            words.say("send.skip.more", &[("reasons", &reasons), ("reason", &reason)])
        };
        let reasons = each.reduce(more).expect("whatever is counted has a reason");
        terminal.say("send.skipped", &[("count", &count), ("reasons", &reasons)]);
    }

    /// The warnings by their kind, and where they can be read.
    fn warnings(&self, terminal: &Terminal) {
        let diagnostics = &self.plan.diagnostics;
        let count = diagnostics.warnings();
        if count == 0 {
            return;
        }
        let path = argument(&self.campaign.path);
        terminal.say("send.warnings", &[("count", &count), ("campaign", &path)]);
        // A sound plan has no errors: whatever is counted is a warning.
        for (code, count) in diagnostics.counts() {
            terminal.say("send.warning", &[("count", count), ("title", &title(*code, terminal))]);
        }
    }

    /// What earlier runs of this campaign did.
    fn earlier(&self, terminal: &Terminal) {
        let counts = self.before.tally.counts;
        if counts.sent + counts.refused + counts.unknown > 0 {
            terminal.say(
                "send.earlier",
                &[("sent", &counts.sent), ("refused", &counts.refused), ("unknown", &counts.unknown)],
            );
        }
        for Alike { whose, count, at, pruned: _ } in self.before.others.iter().take(TOLD) {
            terminal.say(
                "send.lately",
                &[
                    ("count", count),
                    ("campaign", &whose.campaign),
                    ("wave", &whose.wave),
                    ("at", &at.strftime("%Y-%m-%d")),
                ],
            );
        }
        let more = self.before.others.len().saturating_sub(TOLD);
        if more > 0 {
            terminal.say("send.lately-more", &[("count", &more)]);
        }
        if self.before.tally.gone > 0 {
            terminal.say("send.gone", &[("count", &self.before.tally.gone)]);
        }
    }

    /// One finished message, as `preview` shows it. Whose it is matters to nobody here, and logs are read by many.
    fn sample(&self, terminal: &Terminal) {
        if let Some(sample) = &self.plan.first {
            terminal.tell(&preview::text(sample, &[], self.campaign.body.kind(), true, &terminal.words));
        }
    }

    /// Whether the flags have agreed already; otherwise somebody is there to be asked.
    ///
    /// # Errors
    ///
    /// When nobody agrees.
    pub(crate) fn agreed(&self, args: &args::Send, terminal: &Terminal) -> Result<bool, Problem> {
        let Self { campaign, id, before, .. } = self;
        // One person's rows are told apart by their order. If a text that went out is not the one the row has now,
        // rows were moved or removed, and who got which is for a person to judge.
        let moved = campaign.audience.duplicates == Duplicates::Each && before.tally.altered > 0;
        let delicate = before.other_text.is_some() || moved || before.alike.is_some();
        if args.yes && (!delicate || args.expect.expect_plan.is_some()) {
            return Ok(true);
        }
        if terminal.is_interactive() {
            return Ok(false);
        }
        let key = match args.yes {
            true if before.alike.is_some() => "needs-plan-again",
            true => "needs-plan",
            false => "needs-yes",
        };
        Err(Problem::new(Exit::Gate, key).with("plan", id).with("campaign", argument(&campaign.path)))
    }

    /// Asks.
    ///
    /// # Errors
    ///
    /// When the answer is no.
    pub(crate) fn ask(&self, terminal: &Terminal) -> Result<(), Problem> {
        if terminal.ask("send.ask", &[("left", &self.left)]) {
            return Ok(());
        }
        Err(Problem::note(Exit::Gate, "send.no"))
    }
}

/// The title of a warning as part of a line.
fn title(code: Code, terminal: &Terminal) -> String {
    terminal.words.say(&format!("diagnostic.{}.title", code.slug()), &[])
}
