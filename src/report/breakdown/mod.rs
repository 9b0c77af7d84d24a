//! Who of an audience gets the message, who does not and why, until when and at which rate: one value, and every place
//! that tells people of it draws the same rows.

pub(crate) mod told;

use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::campaign::Campaign;
use crate::campaign::file::Order;
use crate::campaign::moment::rfc3339;
use crate::delivery::rule::{Rule, Says};
use crate::delivery::skip::SkipReason;
use crate::delivery::tally::Tally;
use crate::plan::Plan;
use crate::plan::ramp::Upward;
use crate::plan::schedule::forecast::Forecast;
use crate::plan::schedule::outlook::Outlook;
use crate::plan::skip::Skip;

/// Who gets the message, and who does not and why. The rows add up: `rows` is `to_send` and all of `without`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Breakdown {
    /// Rows of the audience.
    pub rows: u64,
    /// Those that get no message, reason by reason and file by file.
    pub without: Vec<Without>,
    /// Those that get one.
    pub to_send: u64,
    /// `deadline`, whose window ends first comes first, or `file`; nothing where the campaign has faults.
    #[serde(serialize_with = "order_name")]
    #[schemars(with = "Option<String>")]
    pub order: Option<Order>,
    /// When the first message is begun, as RFC 3339; nothing where no beginning is fixed.
    #[serde(serialize_with = "time")]
    #[schemars(with = "Option<String>")]
    pub begins: Option<Zoned>,
    /// When the last message is begun at the campaign's rate, within its hours and with the waits of its ramp; nothing where the
    /// hours leave too little room, or where somebody has to go on with each step.
    #[serde(serialize_with = "time")]
    #[schemars(with = "Option<String>")]
    pub ends: Option<Zoned>,
    /// Whether a ramp takes them in one step after another.
    #[serde(skip)]
    pub in_steps: bool,
    /// Whether somebody has to go on with each step.
    #[serde(skip)]
    pub asks: bool,
}

/// Rows that get no message for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Without {
    /// Why: the word of a skip, or `late`, `unsent`, `no-time`, `sent`, `refused`, `unknown`.
    #[serde(serialize_with = "reason_name")]
    #[schemars(with = "String")]
    pub reason: Reason,
    /// The file or rule that says so, where one does.
    pub source: Option<String>,
    /// How many.
    pub rows: u64,
    /// What would let them have it, where that is known.
    #[serde(skip)]
    pub remedy: Option<Remedy>,
    /// What the rule says, where a policy's does.
    #[serde(skip)]
    pub cap: Option<Cap>,
}

/// Why a row gets no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The files say so.
    Files(Skip),
    /// By the clock or by what the journal knows.
    Decided(SkipReason),
    /// The window ends before their turn.
    Late,
    /// Their turn does not come before the campaign's last moment.
    Unsent,
    /// There is no time of last contact, and the campaign skips those.
    NoTime,
    /// An earlier run came to this.
    Earlier(Settled),
}

/// What an earlier run came to, so that nothing is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was sent.
    Sent,
    /// It was refused.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// What a policy says of how often people are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// So often ...
    pub most: usize,
    /// ... in this time.
    pub time: String,
    /// Whether the messages stay unsent until it allows them.
    pub later: bool,
}

/// What would let late people have the message.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// So many messages a second.
    pub rate: Option<f64>,
    /// A beginning until then.
    pub start: Option<Zoned>,
}

impl Reason {
    /// The key of its words for people.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Files(_) | Self::Late | Self::Unsent | Self::NoTime => self.name(),
            Self::Decided(why) => why.key(),
            Self::Earlier(Settled::Sent) => "sent-before",
            Self::Earlier(Settled::Refused) => "refused-before",
            Self::Earlier(Settled::Unknown) => "unknown-before",
        }
    }

    /// The word for machines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Files(why) => why.name(),
            Self::Decided(why) => why.name(),
            Self::Late => "late",
            Self::Unsent => "unsent",
            Self::NoTime => "no-time",
            Self::Earlier(Settled::Sent) => "sent",
            Self::Earlier(Settled::Refused) => "refused",
            Self::Earlier(Settled::Unknown) => "unknown",
        }
    }
}

/// What is known of the time and of earlier runs beyond what the files say.
#[derive(Debug, Default)]
pub(crate) struct Ahead<'a> {
    /// When sending begins, where that is known.
    pub(crate) at: Option<Timestamp>,
    /// Who can be reached from then on, of those whom nothing else keeps from it.
    pub(crate) outlook: Option<&'a Outlook>,
    /// How many messages each rule of the account's policies holds back.
    pub(crate) held: &'a [(Rule, u64)],
    /// What earlier runs came to, of the messages of this plan.
    pub(crate) earlier: Vec<(Settled, u64)>,
    /// At most so many are sent.
    pub(crate) limit: Option<u64>,
    /// What is left of the ramp, where it was begun.
    pub(crate) upward: Option<Upward>,
}

impl Breakdown {
    /// That of a plan whose campaign may have faults.
    pub(crate) fn of_plan(campaign: Option<&Campaign>, plan: &Plan, ahead: &Ahead<'_>) -> Self {
        let mut without = by_files(plan);
        let earlier = ahead.earlier.iter().map(|(settled, rows)| plain(Reason::Earlier(*settled), *rows));
        without.extend(earlier);
        without.extend(ahead.held.iter().map(|(rule, rows)| by_policy(rule, *rows)));
        if let (Some(outlook), Some(campaign)) = (ahead.outlook, campaign) {
            without.extend(by_time(outlook, campaign));
        }
        without.retain(|without| without.rows > 0);
        let rows = plan.counts.rows();
        let left = rows.saturating_sub(without.iter().map(|without| without.rows).sum());
        let (order, in_steps) =
            (campaign.map(|campaign| campaign.send.order), campaign.is_some_and(|c| c.send.ramp.is_some()));
        let (begins, ends, asks) = (None, None, false);
        let mut told = Self { rows, without, to_send: left, order, begins, ends, in_steps, asks };
        if let Some(campaign) = campaign {
            told.take_turns(campaign, plan, ahead);
        }
        told
    }

    /// Who got no message in a run, and why.
    pub(crate) fn of_run(plan: &Plan, tally: &Tally) -> Vec<Without> {
        let mut without = by_files(plan);
        for part in &mut without {
            // Whom an earlier run reached is not skipped, although the files leave them out by now. Which of several lists
            // says so is not known of them.
            let reached = tally.left_out.get(part.reason.name()).copied().unwrap_or(0);
            part.rows = part.rows.saturating_sub(reached);
        }
        without.extend(tally.skipped.iter().map(|(why, rows)| plain(Reason::Decided(*why), *rows)));
        without.retain(|without| without.rows > 0);
        without
    }

    /// When the first and the last of them are begun.
    fn take_turns(&mut self, campaign: &Campaign, plan: &Plan, ahead: &Ahead<'_>) {
        let upward = match &ahead.upward {
            Some(upward) => upward.clone(),
            None => Upward::whole(campaign, plan.counts.planned),
        };
        let upward = upward.of_them(self.to_send).at_most(ahead.limit.unwrap_or(u64::MAX));
        self.asks = upward.asks();
        let hours = &campaign.send.hours;
        let at = ahead.at.map(|at| upward.rests_until.map_or(at, |until| until.max(at)));
        let begins = at.and_then(|at| hours.opens(at)).filter(|_| self.to_send > 0);
        let Some(begins) = begins else { return };
        let zoned = |at: Timestamp| at.to_zoned(hours.zone.clone());
        self.ends = upward.ends(begins, hours, campaign.send.ceiling()).map(zoned);
        self.begins = Some(zoned(begins));
    }
}

fn plain(reason: Reason, rows: u64) -> Without {
    Without { reason, source: None, rows, remedy: None, cap: None }
}

fn by_policy(rule: &Rule, rows: u64) -> Without {
    let (why, cap) = match &rule.says {
        Says::Refused => (SkipReason::Refused, None),
        Says::Cap { most, time, later } => {
            (SkipReason::Cap, Some(Cap { most: *most, time: time.clone(), later: *later }))
        }
    };
    Without { source: Some(rule.policy.clone()), cap, ..plain(Reason::Decided(why), rows) }
}

fn by_files(plan: &Plan) -> Vec<Without> {
    let rows = plan.skipped_rows().into_iter();
    rows.map(|rows| Without {
        source: rows.list.map(str::to_owned),
        ..plain(Reason::Files(rows.why), rows.count)
    })
    .collect()
}

fn by_time(outlook: &Outlook, campaign: &Campaign) -> [Without; 5] {
    let Forecast { in_time: _, out, spent, no_time, late, unsent, blank: _, needed_rate, latest_start } =
        outlook.forecast;
    let zone = &campaign.send.hours.zone;
    let start = latest_start.map(|start| start.to_zoned(zone.clone()));
    let remedy = Remedy { rate: needed_rate, start };
    [
        plain(Reason::Decided(SkipReason::Allowance), spent),
        plain(Reason::NoTime, no_time),
        plain(Reason::Decided(SkipReason::Window), out - spent - no_time),
        Without { remedy: Some(remedy), ..plain(Reason::Late, late) },
        plain(Reason::Unsent, unsent),
    ]
}

fn reason_name<S: Serializer>(reason: &Reason, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(reason.name())
}

fn order_name<S: Serializer>(order: &Option<Order>, to: S) -> Result<S::Ok, S::Error> {
    order.map(order_word).serialize(to)
}

/// The word of an order, as the campaign file has it.
pub(crate) fn order_word(order: Order) -> &'static str {
    match order {
        Order::Deadline => "deadline",
        Order::File => "file",
    }
}

fn time<S: Serializer>(at: &Option<Zoned>, to: S) -> Result<S::Ok, S::Error> {
    at.as_ref().map(|at| rfc3339(at.timestamp(), at.time_zone())).serialize(to)
}
