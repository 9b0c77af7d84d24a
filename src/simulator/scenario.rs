//! What the simulated platform does: a TOML file, every key of which is described in `docs/simulator.md`.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::message::AccountKind;
use crate::simulator::clock::ClockTable;
use crate::simulator::crowd::{Crowd, FollowersTable};
use crate::simulator::faults::{Fault, FaultKeys, FaultKind};
use crate::simulator::misfit::{Misfit, RowMisfit, misfit};
use crate::simulator::rules::{Endpoint, Rule, Selector};
use crate::simulator::units::{ContentType, Latency, Numbers, Offset, Share, Span, Speed, Start};
use crate::simulator::windows::Windows;

/// How the simulator behaves. The default answers every good request at once with errcode 0.
#[derive(Debug, Clone, Default)]
pub struct Scenario {
    pub(crate) settings: Settings,
    pub(crate) answers: Vec<Rule<Answer>>,
    pub(crate) faults: Vec<Rule<Fault>>,
    /// Everybody's window, where anybody has one.
    pub(crate) windows: Option<Windows>,
    /// Whom the account knows.
    pub(crate) crowd: Crowd,
}

/// A scenario that cannot be read, with the place of the first fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the scenario has a fault in line {line}, column {column}: {message}")]
pub struct ScenarioError {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1; in a table the cell.
    pub(crate) column: usize,
    /// What is wrong: the parser's words, or a [`Misfit`] written out.
    pub(crate) message: String,
}

impl Scenario {
    /// Reads a scenario file (`docs/simulator.md`).
    ///
    /// # Errors
    ///
    /// The first fault: broken TOML, an unknown key, a value of another kind, a rule that contradicts itself.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let file: ScenarioFile = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            ScenarioError::at(text, at, error.message())
        })?;
        let answers = file.answers.into_iter().map(|rule| {
            let at = rule.span().start;
            rule.into_inner().build().map_err(|message| ScenarioError::at(text, at, &message))
        });
        let faults = file.faults.into_iter().map(|rule| {
            let at = rule.span().start;
            rule.into_inner().build().map_err(|message| ScenarioError::at(text, at, &message))
        });
        let settings = Settings {
            seed: file.seed,
            latency: file.latency,
            clock_skew: file.clock_skew,
            clock: file.clock,
            content_type: file.content_type,
            token: file.token,
            quota: file.quota,
            ip: file.ip,
            account: file.account,
            kf: file.kf,
            window: file.window,
            media: file.media,
            ledger: file.ledger,
            followers: file.followers,
        };
        // Of whom nothing is known has never written.
        let windows = settings.window.times.is_some().then(Windows::default);
        Ok(Self {
            windows,
            crowd: Crowd::of(&settings.followers),
            settings,
            answers: answers.collect::<Result<_, _>>()?,
            faults: faults.collect::<Result<_, _>>()?,
        })
    }
}

impl Scenario {
    /// The same by another clock than its own: one that begins at a moment, or goes so many times as fast.
    pub(crate) fn with_clock(mut self, start: Option<Timestamp>, speed: Option<u32>) -> Self {
        let clock = &mut self.settings.clock;
        clock.start = start.map(Start).or(clock.start);
        clock.speed = speed.map(Speed).or(clock.speed);
        self
    }

    /// Whether it has another clock than this computer's.
    pub(crate) fn has_clock(&self) -> bool {
        self.settings.clock != ClockTable::default()
    }

    /// The file of who did what when, as the scenario names it.
    pub(crate) fn times(&self) -> Option<&str> {
        self.settings.window.times.as_deref()
    }

    /// Takes in who did what when: a CSV with the columns `openid`, `time` and `event`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn with_times(self, text: &str) -> Result<Self, ScenarioError> {
        let windows = Windows::parse(text).map_err(ScenarioError::of_row)?;
        Ok(Self { windows: Some(windows), ..self })
    }

    /// The file of whom the account knows, as the scenario names it.
    pub(crate) fn people(&self) -> Option<&str> {
        self.settings.followers.file.as_deref()
    }

    /// Takes in whom the account knows: a CSV with the column `openid` and what else is known of them
    /// (`docs/simulator.md`).
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn with_people(mut self, text: &str) -> Result<Self, ScenarioError> {
        self.crowd.read(text).map_err(ScenarioError::of_row)?;
        Ok(self)
    }

    /// Takes in until when each person may be written to, in seconds since 1970, where the scenario has no file that
    /// says so.
    pub(crate) fn with_windows(mut self, all: impl IntoIterator<Item = (String, u64)>) -> Self {
        if self.windows.is_none() {
            let mut windows = Windows::default();
            all.into_iter().for_each(|(openid, until)| windows.open(&openid, until));
            self.windows = Some(windows);
        }
        self
    }
}

impl ScenarioError {
    /// What is wrong, where it is not the parser that says it.
    pub(crate) fn misfit(&self) -> Option<Misfit> {
        Misfit::parse(&self.message)
    }

    fn of_row(misfit: RowMisfit) -> Self {
        let RowMisfit { line, cell, message } = misfit;
        Self { line, column: cell, message }
    }

    fn at(text: &str, offset: usize, message: &str) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.trim_end().replace('\n', "; "),
        }
    }
}

/// The answer that a rule gives in place of errcode 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: i64,
    /// Sent exactly as it is; without it the platform's own text and a rid.
    pub(crate) errmsg: Option<String>,
}

/// Everything but the rules.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) latency: Latency,
    pub(crate) clock_skew: Offset,
    pub(crate) clock: ClockTable,
    pub(crate) content_type: Option<ContentType>,
    pub(crate) token: TokenTable,
    pub(crate) quota: QuotaTable,
    pub(crate) ip: IpTable,
    pub(crate) account: AccountTable,
    pub(crate) kf: KfTable,
    pub(crate) window: WindowTable,
    pub(crate) media: MediaTable,
    pub(crate) ledger: LedgerTable,
    pub(crate) followers: FollowersTable,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ScenarioFile {
    seed: u64,
    latency: Latency,
    clock_skew: Offset,
    clock: ClockTable,
    content_type: Option<ContentType>,
    answers: Vec<Spanned<AnswerFile>>,
    faults: Vec<Spanned<FaultFile>>,
    token: TokenTable,
    quota: QuotaTable,
    ip: IpTable,
    account: AccountTable,
    kf: KfTable,
    window: WindowTable,
    media: MediaTable,
    ledger: LedgerTable,
    followers: FollowersTable,
}

// Serde's `flatten` would lose unknown keys and places, so both rules list the selector's keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFile {
    code: i64,
    errmsg: Option<String>,
    #[serde(default)]
    on: Endpoint,
    share: Option<Share>,
    openids: Option<Vec<String>>,
    messages: Option<Numbers>,
    from: Option<u64>,
    to: Option<u64>,
    times: Option<u32>,
}

impl AnswerFile {
    fn build(self) -> Result<Rule<Answer>, String> {
        let Self { code, errmsg, on, share, openids, messages, from, to, times } = self;
        let selector = selector(Selector {
            on,
            share,
            openids: openids.map(|list| list.into_iter().collect()),
            messages,
            from,
            to,
            times,
        })?;
        Ok(Rule { selector, then: Answer { code, errmsg } })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultFile {
    kind: FaultKind,
    duration: Option<Span>,
    accepted: Option<bool>,
    status: Option<u16>,
    retry_after: Option<u64>,
    #[serde(default)]
    on: Endpoint,
    share: Option<Share>,
    openids: Option<Vec<String>>,
    messages: Option<Numbers>,
    from: Option<u64>,
    to: Option<u64>,
    times: Option<u32>,
}

impl FaultFile {
    fn build(self) -> Result<Rule<Fault>, String> {
        let Self {
            kind,
            duration,
            accepted,
            status,
            retry_after,
            on,
            share,
            openids,
            messages,
            from,
            to,
            times,
        } = self;
        let duration = duration.map(|span| span.0);
        let then = FaultKeys { kind, duration, accepted, status, retry_after }.build()?;
        let selector = selector(Selector {
            on,
            share,
            openids: openids.map(|list| list.into_iter().collect()),
            messages,
            from,
            to,
            times,
        })?;
        Ok(Rule { selector, then })
    }
}

/// Checks what the types cannot.
fn selector(selector: Selector) -> Result<Selector, String> {
    if !selector.on.has_recipient() && (selector.share.is_some() || selector.openids.is_some()) {
        return Err(misfit("no-recipient", &[]));
    }
    if let (Some(from), Some(to)) = (selector.from, selector.to)
        && from > to
    {
        return Err(misfit("from-to", &[("from", &from), ("to", &to)]));
    }
    Ok(selector)
}

/// `[token]` (docs/platform.md#tokens).
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TokenTable {
    pub(crate) life: Span,
    pub(crate) overlap: Span,
    pub(crate) expires_in: Option<Span>,
    pub(crate) dies_at_message: Option<Numbers>,
    pub(crate) code: TokenCode,
    pub(crate) sticky: bool,
    pub(crate) always_refused: bool,
    pub(crate) fetch_latency: Latency,
    pub(crate) fetch_errors: Vec<i64>,
    pub(crate) force_interval: Span,
    pub(crate) accept: Vec<String>,
}

impl Default for TokenTable {
    fn default() -> Self {
        Self {
            life: Span::seconds(7200),
            overlap: Span::seconds(300),
            expires_in: None,
            dies_at_message: None,
            code: TokenCode(40001),
            sticky: false,
            always_refused: false,
            fetch_latency: Latency::default(),
            fetch_errors: Vec::new(),
            force_interval: Span::seconds(30),
            accept: Vec::new(),
        }
    }
}

impl TokenTable {
    /// The last part of a token's life, in which the next one is given out: at most half of it, so that
    /// tokens of a few seconds work too.
    pub(crate) fn overlap(&self) -> Duration {
        self.overlap.0.min(self.life.0 / 2)
    }
}

/// One of the three codes of a dead token (docs/platform.md#token-errors).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct TokenCode(pub(crate) i64);

impl TryFrom<i64> for TokenCode {
    type Error = String;

    fn try_from(code: i64) -> Result<Self, String> {
        match code {
            40001 | 40014 | 42001 => Ok(Self(code)),
            _ => Err(misfit("token-code", &[("value", &code)])),
        }
    }
}

/// `[quota]` (docs/platform.md#quotas).
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QuotaTable {
    pub(crate) daily: Option<u64>,
    pub(crate) used: u64,
    pub(crate) per_minute: Option<u64>,
    pub(crate) window: Span,
}

impl Default for QuotaTable {
    fn default() -> Self {
        Self { daily: None, used: 0, per_minute: None, window: Span::seconds(60) }
    }
}

/// `[ip]` (docs/platform.md#ip-list).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct IpTable {
    pub(crate) refused: Option<String>,
}

/// `[account]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountTable {
    pub(crate) kind: Option<AccountKind>,
    pub(crate) code: Option<i64>,
    pub(crate) from: u64,
}

/// `[kf]` (docs/platform.md#service-accounts).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KfTable {
    pub(crate) accounts: Option<Vec<String>>,
    pub(crate) unbound: Vec<String>,
}

/// `[window]` (docs/platform.md#windows).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WindowTable {
    pub(crate) allowance: Option<u32>,
    /// A file of who did what when, beside the scenario.
    pub(crate) times: Option<String>,
}

/// `[media]` (docs/platform.md#uploads).
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MediaTable {
    pub(crate) strict: bool,
    pub(crate) known: Vec<String>,
    pub(crate) life: Span,
}

impl Default for MediaTable {
    fn default() -> Self {
        Self { strict: false, known: Vec::new(), life: Span::seconds(3 * 86_400) }
    }
}

/// `[ledger]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LedgerTable {
    pub(crate) arrivals: bool,
}
