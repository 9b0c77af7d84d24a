//! The policy file as it is written: the mirror of the TOML. Its doc comments are the manual, as those of the campaign
//! file are.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::campaign::file::{OneOrMany, TryTable};

/// A wxcast policy: what holds for every campaign of an account, whatever the campaign says.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "wxcast policy")]
pub(crate) struct PolicyFile {
    /// How often a person may be written to.
    pub(crate) caps: Option<CapsTable>,
    /// Who gets nothing.
    #[serde(default)]
    pub(crate) exclude: ExcludeTable,
    /// When messages may be begun. A campaign's own hours narrow these and never widen them.
    pub(crate) hours: Option<HoursTable>,
    /// To whom every message is sent first, to be looked at.
    #[serde(default, rename = "try")]
    pub(crate) testers: TryTable,
}

/// How often a person may be written to, counted over all campaigns of the account.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CapsTable {
    /// How many occasions in which time, such as `["1/1d", "3/7d"]`; all of them hold. An occasion is a campaign and wave,
    /// however many messages it has. `d` and `w` are days and weeks of the calendar, today among them; `h` and `min` count
    /// back from the moment of sending.
    #[schemars(required)]
    pub(crate) per_person: Option<OneOrMany>,
    /// What becomes of whoever has been written to often enough.
    #[schemars(extend("default" = "skip"))]
    pub(crate) over: Option<Over>,
    /// Ids of campaigns that are not held back, such as `["order-*"]`. What they send counts for the others all the same.
    pub(crate) exempt: Option<Vec<String>>,
}

/// What becomes of whoever has been written to often enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Over {
    /// They are skipped.
    #[default]
    Skip,
    /// They stay unsent, and a later `send` looks again.
    Later,
}

/// Who gets nothing.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExcludeTable {
    /// Files of people, such as `["退订.csv", "员工.xlsx#名单"]`, relative to this file. The openids stand in the column
    /// `openid`.
    pub(crate) files: Option<Vec<String>>,
    /// People whom WeChat has refused for good, by the account's own journal.
    pub(crate) refused: Option<RefusedTable>,
}

/// People whom WeChat has refused for good.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefusedTable {
    /// The errcodes that count, such as `[40003, 43004, 48002, 50005]`.
    #[schemars(required, inner(range(min = 1)))]
    pub(crate) codes: Option<Vec<i64>>,
    /// For how long they get nothing, such as `"90d"`.
    #[serde(rename = "for")]
    #[schemars(required)]
    pub(crate) lasts: Option<String>,
}

/// When messages may be begun.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursTable {
    /// The parts of a day, such as `["09:00-21:00"]`.
    pub(crate) hours: Option<Vec<String>>,
    /// The days of the week, such as `["mon-fri"]`.
    pub(crate) days: Option<Vec<String>>,
    /// The zone of hours and days, and of the days that caps count, by its name in the tz database.
    #[schemars(extend("default" = "Asia/Shanghai"))]
    pub(crate) zone: Option<String>,
}
