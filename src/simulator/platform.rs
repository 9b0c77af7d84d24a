//! The state of the simulated platform, shared by all calls.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

use crate::simulator::Account;
use crate::simulator::call::Call;
use crate::simulator::clock::Clock;
use crate::simulator::crowd::Crowd;
use crate::simulator::dice;
use crate::simulator::faults::Fault;
use crate::simulator::judge::Judge;
use crate::simulator::ledger::Ledger;
use crate::simulator::media::Shelf;
use crate::simulator::quota::Quota;
use crate::simulator::rules::{Endpoint, Rules, Target};
use crate::simulator::scenario::{Answer, QuotaTable, Scenario, Settings};
use crate::simulator::token::Tokens;
use crate::simulator::windows::Windows;
use crate::wechat::answer::error_code;

/// What a rule of `[[answers]]` and one of `[[faults]]` must not share: their dice.
const FAULTS_SALT: u64 = 0x6661_756c_7473;

/// Everything that the simulated platform knows.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) settings: Settings,
    pub(crate) account: Option<Account>,
    pub(crate) clock: Clock,
    pub(crate) ledger: Ledger,
    pub(crate) judge: Judge,
    pub(crate) answers: Rules<Answer>,
    pub(crate) faults: Rules<Fault>,
    tokens: Mutex<Tokens>,
    quota: Mutex<Quota>,
    shelf: Mutex<Shelf>,
    calls: [AtomicU64; Endpoint::COUNT],
    rids: AtomicU64,
    windows: Mutex<Option<Windows>>,
    crowd: Mutex<Crowd>,
    /// The calls of `user/get`, which have a quota of their own.
    followers_calls: Mutex<Quota>,
}

/// What the platform says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) errcode: i64,
    pub(crate) body: Bytes,
}

impl Reply {
    /// The answer of most calls that went well.
    pub(crate) fn ok() -> Self {
        Self { errcode: 0, body: Bytes::from_static(br#"{"errcode":0,"errmsg":"ok"}"#) }
    }

    /// Another answer of a call that went well.
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self { errcode: 0, body: value.to_string().into() }
    }
}

impl Platform {
    pub(crate) fn new(scenario: Scenario, account: Option<Account>) -> io::Result<Self> {
        let Scenario { settings, answers, faults, windows, crowd } = scenario;
        let kind = account.as_ref().map(|account| account.kind).or(settings.account.kind);
        Ok(Self {
            judge: Judge::new(kind)?,
            clock: Clock::start(settings.clock.clock()),
            ledger: Ledger::new(settings.ledger.arrivals),
            answers: Rules::new(answers, settings.seed),
            faults: Rules::new(faults, settings.seed ^ FAULTS_SALT),
            tokens: Mutex::default(),
            quota: Mutex::new(Quota::new(&settings.quota)),
            shelf: Mutex::new(Shelf::new(&settings.media, settings.seed)),
            calls: Default::default(),
            rids: AtomicU64::new(0),
            windows: Mutex::new(windows),
            crowd: Mutex::new(crowd),
            followers_calls: Mutex::new(Quota::new(&QuotaTable {
                daily: settings.followers.daily,
                ..QuotaTable::default()
            })),
            settings,
            account,
        })
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn quota(&self) -> MutexGuard<'_, Quota> {
        self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everybody's window; nothing where anybody may be written to.
    pub(crate) fn windows(&self) -> MutexGuard<'_, Option<Windows>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom the account knows.
    pub(crate) fn crowd(&self) -> MutexGuard<'_, Crowd> {
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call of `user/get`.
    ///
    /// # Errors
    ///
    /// 45009, where there is no room for it on this day.
    pub(crate) fn count_followers_call(&self) -> Result<(), i64> {
        let mut calls = self.followers_calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.take(self.clock.now())
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the call's `access_token` works.
    ///
    /// # Errors
    ///
    /// The errcode of the refusal.
    pub(crate) fn check_token(&self, call: &Call) -> Result<(), i64> {
        self.tokens().check(&self.settings.token, call.query("access_token"), self.clock.now())
    }

    /// Counts a request of a call other than `send`, which the ledger counts.
    pub(crate) fn count(&self, on: Endpoint) -> Target<'static> {
        let number = self.calls[on as usize].fetch_add(1, Ordering::Relaxed) + 1;
        Target { on, openid: None, number }
    }

    /// The answer of the rule that acts on this request, if one does.
    pub(crate) fn ruled(&self, target: Target<'_>) -> Result<(), Reply> {
        match self.answers.pick(target) {
            None | Some(Answer { code: 0, errmsg: None }) => Ok(()),
            Some(Answer { code, errmsg: None }) => Err(self.refuse(*code)),
            Some(Answer { code, errmsg: Some(errmsg) }) => Err(reply_with(*code, errmsg)),
        }
    }

    /// An answer with the platform's own text for this code and a fresh rid (docs/platform.md#errmsg).
    pub(crate) fn refuse(&self, code: i64) -> Reply {
        let known = error_code::find(code);
        let text =
            known.map_or("", |entry| if entry.errmsg.is_empty() { entry.official } else { entry.errmsg });
        let text = match (&self.settings.ip.refused, code) {
            (Some(ip), 40164) => text.replace("1.2.3.4", ip),
            (Some(_) | None, _) => text.to_owned(),
        };
        reply_with(code, format!("{text} rid: {}", self.rid()).trim_start())
    }

    /// The first eight digits are the time; the rest comes from the seed.
    fn rid(&self) -> String {
        let dice = dice::of_number(self.settings.seed, self.rids.fetch_add(1, Ordering::Relaxed));
        let (high, low) = (dice >> 32, dice & 0xffff_ffff);
        format!("{:08x}-{high:08x}-{low:08x}", self.clock.unix_seconds() & 0xffff_ffff)
    }
}

fn reply_with(errcode: i64, errmsg: &str) -> Reply {
    let body = serde_json::json!({ "errcode": errcode, "errmsg": errmsg });
    Reply { errcode, body: body.to_string().into() }
}
