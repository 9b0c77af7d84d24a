//! What people see before a message leaves, and whether they agree. With `--yes` the same is printed, so that a log
//! tells afterwards what was agreed to.

use jiff::Timestamp;

use crate::api_base::Hosts;
use crate::campaign::file::{Duplicates, OnUnknown};
use crate::campaign::{Campaign, SecretPlace, moment};
use crate::cli::alike::{Alike, By};
use crate::cli::before::{Before, Locally};
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::output_path::writer;
use crate::cli::problem::Problem;
use crate::cli::terminal::{Terminal, argument};
use crate::diagnostic::code::Code;
use crate::diagnostic::render::display;
use crate::journal::Identity;
use crate::locale::Catalog;
use crate::locale::visible::{command_line, one_line};
use crate::own_file::followed;
use crate::plan::Plan;
use crate::plan::id::PlanId;
use crate::plan::ramp::Upward;
use crate::plan::schedule::outlook::Outlook;
use crate::report::breakdown::{Ahead, Breakdown, Settled, told};
use crate::report::plan::text as plan_text;
use crate::report::preview;

/// So many other campaigns are told of.
const TOLD: usize = 5;

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
    /// What earlier runs came to of the messages that are not left.
    pub(crate) settled: Vec<(Settled, u64)>,
    /// Who can still be reached of those who are left, where the campaign says until when.
    pub(crate) outlook: Option<Outlook>,
    /// What is left of the campaign's ramp; one step where there is none, or nothing of it is left.
    pub(crate) upward: Upward,
    /// How many messages are left to send.
    pub(crate) left: u64,
    /// How many of them this run sends at most.
    pub(crate) total: u64,
    /// What time it is.
    pub(crate) now: Timestamp,
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
        let Self { campaign, plan, id, hosts, before, left, total, .. } = self;
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
                ("kind", &words.kind(campaign.body.kind().name())),
            ],
        );
        terminal.say("send.destination", &[("destination", &plan_text::destination(hosts, words))]);
        if let Some(command) = token_command(campaign) {
            terminal.say("send.token-command", &[("command", &command_line(command))]);
        }
        if !campaign.policies.is_empty() {
            let names: Vec<&str> = campaign.policies.iter().map(|policy| policy.name.as_str()).collect();
            terminal.say("send.policies", &[("policies", &names.join(", "))]);
        }
        if let Some(sheet) = &plan.sheet {
            terminal.say("send.sheet", &[("sheet", &one_line(&sheet.name))]);
        }
        let hours = &campaign.send.hours;
        let zone = &hours.zone;
        if hours.is_limited() {
            terminal.say("send.hours", &[("hours", &self.times(words))]);
        }
        let (breakdown, to_send) = (self.breakdown(), self.to_send());
        let rows = told::text(&breakdown, words);
        terminal.say("send.breakdown", &[("rows", &rows.trim_end())]);
        if to_send > 0 {
            let upward = self.upward.clone().of_them(breakdown.to_send).at_most(*total);
            let forecast = plan_text::length(upward.seconds(campaign.send.ceiling()), words);
            terminal.say("send.takes", &[("left", &breakdown.to_send), ("forecast", &forecast)]);
        }
        self.of_them(terminal);
        if let Some(outlook) = &self.outlook {
            for line in plan_text::outlook(outlook, &hours.zone, words) {
                terminal.tell(&format!("{line}\n"));
            }
        }
        if let Some(ramp) = &campaign.send.ramp {
            terminal.say("send.ramp", &[("ramp", &plan_text::ramp(ramp, plan.counts.planned, words))]);
        }
        warnings(plan, campaign, terminal);
        self.replaced(terminal);
        self.earlier(terminal);
        terminal.say("send.digests", &[("digest", &plan.digest), ("plan", id)]);
        self.sample(terminal);
        before.tried.tell(campaign, terminal);
        if let Some(at) = before.exported {
            terminal.say("send.exported", &[("at", &moment::shown(at, zone))]);
        }
        if let Some(Locally { count, host, at }) = &before.locally {
            let at = moment::shown(*at, zone);
            let left = breakdown.to_send;
            terminal.say("send.locally", &[("count", count), ("left", &left), ("host", host), ("at", &at)]);
        }
        if let Some(Alike { whose, count, at, by, also }) = &before.alike {
            let day = moment::shown(*at, zone);
            let one = |whose: &Identity| {
                words.say("send.alike-one", &[("campaign", &whose.campaign), ("wave", &whose.wave)])
            };
            let campaigns = std::iter::once(whose).chain(also).map(one).collect::<Vec<_>>().join(", ");
            let key = match by {
                By::Messages if !also.is_empty() => "send.alike-several",
                By::Messages => "send.alike",
                By::Reading => "send.alike-nearly",
                By::Pruned => "send.alike-pruned",
                By::Receipt => "send.alike-receipt",
            };
            terminal.say(
                key,
                &[
                    ("count", count),
                    ("left", &breakdown.to_send),
                    ("campaign", &whose.campaign),
                    ("wave", &whose.wave),
                    ("campaigns", &campaigns),
                    ("at", &day),
                ],
            );
        }
        if let Some(other) = &before.other_text {
            let sent = before.tally.altered;
            terminal.say(
                "send.other-text",
                &[
                    ("sent", &sent),
                    ("left", left),
                    ("then", other),
                    ("now", &plan.digest),
                    ("wave", &before.free_wave),
                ],
            );
        } else if before.tally.altered > 0 {
            terminal.say("send.altered", &[("count", &before.tally.altered)]);
        }
    }

    /// How many messages this run sends, as far as is known: what the table says, and no more than `--limit`.
    pub(crate) fn to_send(&self) -> u64 {
        self.breakdown().to_send.min(self.total)
    }

    /// How many people were said to be too late.
    pub(crate) fn announced(&self) -> u64 {
        self.outlook.as_ref().map_or(0, Outlook::lost)
    }

    /// What makes the number of messages another one than some flag, or somebody who knows the list, expects.
    fn of_them(&self, terminal: &Terminal) {
        let (left, total, planned) = (self.left, self.total, self.plan.counts.planned);
        if total < left {
            terminal.say("send.limited", &[("total", &total), ("rest", &(left - total))]);
        }
        if left != planned {
            terminal.say("send.of-planned", &[("planned", &planned)]);
        }
        let unknown = self.before.tally.counts.unknown;
        if self.resends() {
            terminal.say("send.resends", &[("count", &unknown)]);
        }
    }

    /// Whether messages are sent again of which nobody knows whether they arrived.
    fn resends(&self) -> bool {
        match self.campaign.send.on_unknown {
            OnUnknown::Hold => false,
            OnUnknown::Resend => self.before.tally.counts.unknown > 0,
        }
    }

    /// Who gets it and who does not, if it begins now.
    fn breakdown(&self) -> Breakdown {
        let ahead = Ahead {
            at: Some(self.now),
            outlook: self.outlook.as_ref(),
            held: &self.before.held.rules,
            earlier: self.settled.clone(),
            limit: Some(self.total),
            upward: Some(self.upward.clone()),
        };
        Breakdown::of_plan(Some(self.campaign), self.plan, &ahead)
    }

    /// That the results of another wave lie where those of this one will. They are not lost, and whoever wants both keeps
    /// them apart.
    fn replaced(&self, terminal: &Terminal) {
        let results = &self.campaign.results;
        let there = writer(self.campaign, &followed(&results.path)).filter(|_| results.path.is_file());
        if let Some(there) = there.filter(|there| there.wave != self.campaign.wave) {
            let file = display(&results.path);
            terminal.say("send.replaces-wave", &[("file", &file), ("there", &there.wave)]);
        }
    }

    /// When messages are begun: in which hours, from when and until when.
    fn times(&self, words: &Catalog) -> String {
        let hours = &self.campaign.send.hours;
        let moment = |key: &str, at: Timestamp| words.say(key, &[("at", &moment::shown(at, &hours.zone))]);
        let daily = Some(hours).filter(|hours| hours.says_hours()).map(ToString::to_string);
        let from = hours.not_before.map(|at| moment("send.from", at));
        let until = hours.not_after.map(|at| moment("send.until", at));
        let both = |one: String, other: String| words.say("send.both", &[("one", &one), ("other", &other)]);
        [daily, from, until].into_iter().flatten().reduce(both).expect("only what limits anything is told")
    }

    /// What earlier runs of this campaign did.
    fn earlier(&self, terminal: &Terminal) {
        let zone = &self.campaign.send.hours.zone;
        let counts = self.before.tally.counts;
        if counts.sent + counts.refused + counts.unknown > 0 {
            let key = if self.resends() { "send.earlier-resent" } else { "send.earlier" };
            terminal.say(
                key,
                &[("sent", &counts.sent), ("refused", &counts.refused), ("unknown", &counts.unknown)],
            );
        }
        for Alike { whose, count, at, by: _, also: _ } in self.before.others.iter().take(TOLD) {
            terminal.say(
                "send.lately",
                &[
                    ("count", count),
                    ("campaign", &whose.campaign),
                    ("wave", &whose.wave),
                    ("at", &moment::shown(*at, zone)),
                ],
            );
        }
        let more = self.before.others.len().saturating_sub(TOLD);
        if more > 0 {
            terminal.say("send.lately-more", &[("count", &more)]);
        }
        self.before.tell_gone(terminal);
    }

    /// One finished message, as `preview` shows it. Whose it is matters to nobody here, and logs are read by many.
    fn sample(&self, terminal: &Terminal) {
        // Whoever is first in the list may have been sent another text long ago.
        let counts = self.before.tally.counts;
        let is_first_left = counts.unsent + counts.skipped == counts.total();
        let first = self.plan.first.as_ref().filter(|_| is_first_left);
        if let Some(sample) = self.before.first.as_ref().or(first) {
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
        let altered = before.tally.altered > 0 && !before.is_agreed;
        // Whoever takes over says that nobody else goes on with it.
        let exported = before.exported.is_some() && args.take_over.is_none();
        let delicate = altered || moved || before.alike.is_some() || exported;
        if args.yes && (!delicate || args.expect.expect_plan.is_some()) {
            return Ok(true);
        }
        if terminal.is_interactive() {
            return Ok(false);
        }
        let key = match args.yes {
            true if before.alike.is_some() => "needs-plan-again",
            true if exported && !altered && !moved => "needs-plan-exported",
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
        let to_send = self.to_send();
        if to_send == 0 {
            // Nobody gets anything that somebody would have to agree to. Why not is written down.
            terminal.say("send.nobody", &[]);
            return Ok(());
        }
        if terminal.ask("send.ask", &[("left", &to_send)]) {
            return Ok(());
        }
        Err(Problem::note(Exit::Gate, "send.no"))
    }
}

/// Tells the warnings of a sound plan by their kind, and where they can be read.
pub(crate) fn warnings(plan: &Plan, campaign: &Campaign, terminal: &Terminal) {
    let count = plan.diagnostics.warnings();
    if count == 0 {
        return;
    }
    terminal.say("send.warnings", &[("count", &count), ("campaign", &argument(&campaign.path))]);
    // A sound plan has no errors: whatever is counted is a warning.
    for (code, count) in plan.diagnostics.counts() {
        terminal.say("send.warning", &[("count", count), ("title", &title(*code, terminal))]);
    }
}

/// The title of a warning as part of a line.
fn title(code: Code, terminal: &Terminal) -> String {
    terminal.words.say(&format!("diagnostic.{}.title", code.slug()), &[])
}
