//! The campaign file as it is written: the mirror of the TOML.
//!
//! The doc comments here are the manual: the JSON Schema that editors read is generated from them. Whether
//! values make sense is not asked here but in [`validate`](crate::campaign::validate).

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;

use crate::audience::wishes::{HiddenRows, Unmatched};
use crate::campaign::forms;
use crate::message::{AccountKind, MessageFile};

/// A wxcast campaign: who gets which message, and how it is sent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "wxcast campaign", extend("required" = ["campaign", "audience", "message"]))]
pub(crate) struct CampaignFile {
    /// What the campaign is called.
    #[serde(default)]
    pub(crate) campaign: CampaignTable,
    /// The account that speaks.
    #[serde(default)]
    pub(crate) account: AccountTable,
    /// Who gets the message.
    #[serde(default)]
    pub(crate) audience: AudienceTable,
    /// The message: exactly one table, whose name is the kind. Every string in it is a Handlebars template.
    #[serde(default)]
    pub(crate) message: MessageFile,
    /// How it is sent.
    #[serde(default)]
    pub(crate) send: SendTable,
    /// Where the results go.
    #[serde(default)]
    pub(crate) results: ResultsTable,
    /// Who is told when a run ends or pauses.
    pub(crate) notify: Option<NotifyTable>,
    /// To whom the message is sent first, to be looked at.
    #[serde(default, rename = "try")]
    pub(crate) testers: TryTable,
}

/// To whom `wxcast try` sends the message, to be looked at on a phone before anybody else gets it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryTable {
    /// The testers: their openids, or files of people such as `["testers.csv"]`, which are read as those of `exclude` are.
    pub(crate) recipients: Option<OneOrMany>,
    /// Whether `send` insists that all testers were sent this message since it was changed last.
    #[schemars(extend("default" = false))]
    pub(crate) required: Option<bool>,
}

/// Who is told when a run ends or pauses. A notice has counts and what to do next, and neither an openid nor a text of a
/// message.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotifyTable {
    /// When: `"end"`, `"pause"` (a signal among them), `"unknown"` where somebody has to settle outcomes. All of them where
    /// it is not given.
    pub(crate) on: Option<Vec<NotifyOn>>,
    /// How the notice is written: for WeCom, Feishu or DingTalk, or as JSON for a program.
    #[schemars(extend("default" = "json"))]
    pub(crate) style: Option<NotifyStyle>,
    /// The environment variable that holds the address. The address lets anybody write there, so it never stands in this
    /// file.
    #[schemars(extend("default" = "WXCAST_NOTIFY_URL"))]
    pub(crate) url_env: Option<String>,
}

/// When somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NotifyOn {
    /// A run has ended.
    End,
    /// A run has paused.
    Pause,
    /// Outcomes are unknown.
    Unknown,
}

impl NotifyOn {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::End, Self::Pause, Self::Unknown];

    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Pause => "pause",
            Self::Unknown => "unknown",
        }
    }
}

/// How a notice is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NotifyStyle {
    /// For a program.
    #[default]
    Json,
    /// For WeCom (企业微信).
    Wecom,
    /// For Feishu (飞书).
    Feishu,
    /// For DingTalk (钉钉).
    Dingtalk,
}

/// What the campaign is called.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignTable {
    /// The campaign's identity in the journal: small letters, digits and `-`. Nobody who was sent this
    /// campaign is sent it again, whatever the file is called.
    #[schemars(required, regex(pattern = "^[a-z0-9-]+$"))]
    pub(crate) id: Option<String>,
    /// A title for people.
    pub(crate) title: Option<String>,
    /// A whole number from 1. Raising it is the one way to send the same campaign to the same people once more.
    #[schemars(range(min = 1), extend("default" = 1))]
    pub(crate) wave: Option<u32>,
}

/// The account that speaks.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountTable {
    /// The account's AppID, such as `wx0123456789abcdef`. The environment variable `WXCAST_APPID` goes before it; one
    /// of the two must be given.
    pub(crate) appid: Option<String>,
    /// What readers see as the sender. It stands in previews, reports and results; WeChat shows the account's own name
    /// whatever is written here.
    pub(crate) name: Option<String>,
    /// The account's picture for previews, relative to this file, such as `"logo.png"`: a PNG, JPG or GIF of at most 2 MB.
    pub(crate) avatar: Option<String>,
    /// The kind of account, which decides what kinds of message can be sent.
    #[schemars(extend("default" = "official"))]
    pub(crate) kind: Option<AccountKind>,
    /// Speak as this customer-service account (客服), such as `"test1@kftest"`.
    pub(crate) kf_account: Option<String>,
    /// The environment variable that holds the AppSecret. The secret itself never stands in this file.
    #[schemars(extend("default" = "WXCAST_APPSECRET"))]
    pub(crate) secret_env: Option<String>,
    /// A file that holds the AppSecret, relative to this file, in place of `secret_env`. On Linux and macOS nobody
    /// but you may be able to read it (`chmod 600`).
    pub(crate) secret_file: Option<String>,
    /// A program that prints a token, and its arguments, such as `["get-token", "--app", "shop"]`: for companies with
    /// a central token server. Its output is the token, or the platform's JSON with `access_token`; it has as long as
    /// `send.timeout`. It goes before `secret_env` and `secret_file`.
    pub(crate) token_command: Option<Vec<String>>,
    /// Another address than the platform's, such as a company's own gateway to it. A path is kept for every call. Plain http is for this computer
    /// only. The environment variable `WXCAST_API_BASE` goes before it.
    #[schemars(extend("default" = "https://api.weixin.qq.com"))]
    pub(crate) api_base: Option<String>,
    /// A policy file that holds for this campaign, relative to this file, such as `"../policy.toml"`. Files named
    /// `policy.toml` beside this file and in the folders above it, up to the repository's, hold without being named.
    pub(crate) policy: Option<String>,
    /// Hosts that stand in where no connection to the first one can be made, in this order. What may have arrived
    /// is never sent to a second host. Without `api_base` it is `["https://api2.weixin.qq.com"]`; `[]` is none.
    pub(crate) failover_hosts: Option<Vec<String>>,
    /// Marks the messages as made by AI; WeChat shows a grey line below them.
    #[schemars(extend("default" = false))]
    pub(crate) ai_generated: Option<bool>,
}

/// Who gets the message.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AudienceTable {
    /// The CSV file or the workbook (`.xlsx`, `.xlsb`, `.xls`, `.ods`), relative to this file. One of `file` and `command`
    /// must be given.
    pub(crate) file: Option<String>,
    /// A program that prints the audience as CSV or with tabs, and its arguments, such as `["mysql", "-B", "-e", "…"]`, in
    /// place of `file`. `wxcast audience fetch` alone runs it and keeps what it prints as `ID.audience.csv`; every other
    /// command reads that file.
    pub(crate) command: Option<Vec<String>>,
    /// The sheet of a workbook. It must be named where more than one visible sheet has something in it.
    pub(crate) sheet: Option<String>,
    /// The row that names the columns, from 1, where titles or notes stand above them. Rows above it are not read.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub(crate) header_row: Option<u32>,
    /// What becomes of the rows of a workbook that a filter or somebody's hand has hidden.
    #[schemars(extend("default" = "error"))]
    pub(crate) hidden_rows: Option<HiddenRows>,
    /// The column that holds the openid.
    #[schemars(extend("default" = "openid"))]
    pub(crate) openid: Option<String>,
    /// What becomes of one openid that stands in several rows.
    #[schemars(extend("default" = "first"))]
    pub(crate) duplicates: Option<Duplicates>,
    /// What becomes of a faulty row.
    #[schemars(extend("default" = "error"))]
    pub(crate) invalid_rows: Option<InvalidRows>,
    /// The encoding of a CSV, where it should not be found out: `"utf-8"`, `"gb18030"`, `"utf-16le"`, …
    #[schemars(extend("default" = "auto"))]
    pub(crate) encoding: Option<String>,
    /// The character between two cells of a CSV: `","`, `";"`, `"tab"` or any other single ASCII character.
    #[schemars(regex(pattern = forms::DELIMITER), extend("default" = "auto"))]
    pub(crate) delimiter: Option<String>,
    /// Files of people who get nothing, such as `["退订.csv", "已购买.xlsx#名单"]`: CSVs and workbooks as the audience
    /// is one, a sheet of a workbook behind `#`. The openids stand in the column that `openid` names, or in one called
    /// `openid`.
    pub(crate) exclude: Option<Vec<String>>,
    /// Files of people who alone get something: who stands in none of them is skipped. They are written as in `exclude`,
    /// which goes before it.
    pub(crate) only: Option<Vec<String>>,
    /// Other files whose columns the message can use, too. Each is an `[[audience.join]]`.
    pub(crate) join: Option<Vec<JoinTable>>,
    /// When each person can be written to, by the time of their last contact.
    pub(crate) window: Option<WindowTable>,
    /// Rules for columns, by the column's name.
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, ColumnTable>,
}

/// What becomes of one openid that stands in several rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Duplicates {
    /// The first row is sent, later ones are skipped.
    #[default]
    First,
    /// The file is refused.
    Error,
    /// Every row is a message of its own.
    Each,
}

/// What becomes of a faulty row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InvalidRows {
    /// Nothing is sent at all.
    #[default]
    Error,
    /// The row is skipped, the rest is sent.
    Skip,
}

/// A file whose columns stand beside those of the audience, row by row by a key that both have. No key may stand in two of
/// its rows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinTable {
    /// The CSV or the workbook, relative to this file; a sheet of a workbook behind `#`, as in `"订单.xlsx#十一月"`.
    #[schemars(required)]
    pub(crate) file: Option<String>,
    /// The column of the audience that holds the key; without it the one with the openid.
    pub(crate) on: Option<String>,
    /// The column of the file that holds the key; without it the one that is called as `on` says.
    pub(crate) to: Option<String>,
    /// What becomes of people who have no row in the file.
    #[schemars(extend("default" = "error"))]
    pub(crate) missing: Option<Unmatched>,
}

/// When each person can be written to, by the time of their last contact. Whose window ends before their turn is skipped.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowTable {
    /// The column that holds when the person last wrote, or did what `event` says: a date with a time of day, RFC 3339, or
    /// seconds or milliseconds since 1970. All of the column is written in one way.
    #[schemars(required)]
    pub(crate) column: Option<String>,
    /// The column that holds what it was: WeChat's `MsgType` or `Event`, or a word such as `消息`, `关注`, `菜单`. Without it, and
    /// where its cell is blank, it was a message.
    pub(crate) event: Option<String>,
    /// The column that holds how many messages others have sent the person since.
    pub(crate) used: Option<String>,
    /// The zone of times that name none, by its name in the tz database; never the computer's own.
    #[schemars(extend("default" = "Asia/Shanghai"))]
    pub(crate) zone: Option<String>,
    /// How the times are written, where that cannot be found out: a pattern such as `"%d/%m/%Y %H:%M"`.
    #[schemars(extend("default" = "auto"))]
    pub(crate) format: Option<String>,
    /// What becomes of people without a time.
    #[schemars(extend("default" = "send"))]
    pub(crate) missing: Option<Missing>,
    /// How much of a window's end is left alone: nothing is begun in it.
    #[schemars(extend("default" = "10m"))]
    pub(crate) margin: Option<String>,
    /// How long the window of a message lasts.
    #[schemars(extend("default" = "48h"))]
    pub(crate) length: Option<String>,
    /// How many messages the window of a message takes.
    #[schemars(range(min = 1, max = 100), extend("default" = 5))]
    pub(crate) messages: Option<u32>,
    /// Whether a payment opens a window, as one of WeChat's pages has it for service accounts.
    #[schemars(extend("default" = false))]
    pub(crate) pay: Option<bool>,
}

/// What becomes of people without a time of their last contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Missing {
    /// They are sent the message, after all others.
    #[default]
    Send,
    /// They are skipped.
    Skip,
}

/// Rules for the column NAME. `max_chars`, `pattern` and `one_of` are for cells that are not blank.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnTable {
    /// Whether a blank cell is a fault.
    #[schemars(extend("default" = false))]
    pub(crate) required: Option<bool>,
    /// Stands in for a blank cell, in templates and for the other rules.
    pub(crate) default: Option<String>,
    /// The most characters a cell may have.
    pub(crate) max_chars: Option<u32>,
    /// A regular expression that a cell must match somewhere; write `'^…$'` for the whole cell.
    pub(crate) pattern: Option<String>,
    /// The only texts a cell may have, such as `["普卡", "金卡"]`.
    pub(crate) one_of: Option<Vec<String>>,
    /// How the cells of a workbook's column are written: `"shown"`, as the spreadsheet shows them; `"value"`, the bare
    /// value, so that 90% is 0.9; or a pattern for dates and times, as in Excel, `"yyyy-mm-dd"` or `"m月d日"`, or as in
    /// `strftime`, `"%Y-%m-%d"`.
    #[schemars(extend("default" = "shown"))]
    pub(crate) format: Option<String>,
}

/// A rate, or several that all hold.
fn rates(_: &mut SchemaGenerator) -> Schema {
    let rate = json!({ "type": "string", "pattern": forms::RATE });
    json_schema!({ "anyOf": [rate, { "type": "array", "items": rate }] })
}

/// How it is sent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendTable {
    /// The most requests in a time: `"20/s"`, `"1000/min"`, `"5000/h"`, or several that all hold,
    /// `["20/s", "1000/min"]`. They are spread evenly from the first second on.
    #[serde(default)]
    #[schemars(schema_with = "rates", extend("default" = "20/s"))]
    pub(crate) rate: Option<OneOrMany>,
    /// The most media files uploaded in a time, written as `rate` is; as many as messages where it is not given.
    /// Each file is uploaded once, ahead of the messages that need it.
    #[serde(default)]
    #[schemars(schema_with = "rates")]
    pub(crate) upload_rate: Option<OneOrMany>,
    /// The most requests in flight; also the most messages that a crash can leave unknown.
    #[schemars(range(min = 1, max = 1024), extend("default" = 16))]
    pub(crate) concurrency: Option<u32>,
    /// How long a request may take as a whole.
    #[schemars(regex(pattern = forms::LENGTH), extend("default" = "30s"))]
    pub(crate) timeout: Option<String>,
    /// How long connecting may take.
    #[schemars(regex(pattern = forms::LENGTH), extend("default" = "5s"))]
    pub(crate) connect_timeout: Option<String>,
    /// How often a message that was certainly not delivered is tried again in one run.
    #[schemars(range(max = 20), extend("default" = 3))]
    pub(crate) retries: Option<u32>,
    /// What the next `send` does with messages that may have been delivered.
    #[schemars(extend("default" = "hold"))]
    pub(crate) on_unknown: Option<OnUnknown>,
    /// In which order people are sent the message: `"deadline"` where `[audience.window]` is given, else `"file"`.
    pub(crate) order: Option<Order>,
    /// The first moment at which messages are begun: `"2026-11-26 10:00"` in `zone`, or RFC 3339 with an offset.
    pub(crate) not_before: Option<String>,
    /// The moment from which on no message is begun any more, written as `not_before` is.
    pub(crate) not_after: Option<String>,
    /// The parts of a day in which messages are begun, such as `["09:00-12:00", "14:00-21:00"]`. One that ends earlier than
    /// it begins ends on the next day.
    pub(crate) hours: Option<Vec<String>>,
    /// The days of the week on which messages are begun, such as `["mon-fri"]`.
    pub(crate) days: Option<Vec<String>>,
    /// The zone of these times, and of the times in results, by its name in the tz database; never the computer's own.
    #[schemars(extend("default" = "Asia/Shanghai"))]
    pub(crate) zone: Option<String>,
    /// What `send` does outside of these times.
    #[schemars(extend("default" = "pause"))]
    pub(crate) outside: Option<Outside>,
    /// When to stop before everybody has been tried.
    #[serde(default)]
    pub(crate) stop: StopTable,
    /// A small part of the audience first, then more, then everybody.
    pub(crate) ramp: Option<RampTable>,
}

/// A small part of the audience first, then more, then everybody.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RampTable {
    /// How many have been sent the message at the end of each step, such as `["20", "5%", "100%"]`: numbers or shares, each
    /// above the one before it, and the last one everybody. Who comes first is a sample over the whole list.
    #[schemars(required)]
    pub(crate) steps: Option<Vec<String>>,
    /// How long to wait between two steps, such as `"10m"`, or `"ask"`: the run ends after each step, and the next `send`
    /// goes on. Without it a step begins as soon as the answers of the one before it are in.
    pub(crate) wait: Option<String>,
    /// What ends the ramp.
    #[serde(default)]
    pub(crate) halt: HaltTable,
}

/// What ends a ramp, by the answers of one step.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HaltTable {
    /// The share of refused messages above which nothing more is sent; `"100%"` never stops. 45015 does not count: it says
    /// that the list is old, and not that the message is wrong.
    #[schemars(regex(pattern = forms::SHARE), extend("default" = "10%"))]
    pub(crate) refused: Option<String>,
    /// As many unknown outcomes end it; `0` never does. Those that a crash left behind do not count.
    #[schemars(extend("default" = 1))]
    pub(crate) unknown: Option<u32>,
}

/// In which order people are sent the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As they stand in the audience.
    File,
    /// Whose window ends first comes first; who has none comes last.
    Deadline,
}

/// What `send` does outside of the times at which messages are begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outside {
    /// It ends, and says when to go on.
    #[default]
    Pause,
    /// It stays and goes on when it may, if the files are then still those that were agreed to.
    Wait,
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// What the next `send` does with messages that may have been delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnUnknown {
    /// They are kept back until somebody settles them with `wxcast resolve`.
    #[default]
    Hold,
    /// They are sent again, so that some people may get them twice.
    Resend,
}

/// When to stop before everybody has been tried.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StopTable {
    /// The share of refused messages above which sending stops, once a hundred were answered; `"100%"` never stops.
    #[schemars(regex(pattern = forms::SHARE), extend("default" = "30%"))]
    pub(crate) max_refused: Option<String>,
    /// As many unknown outcomes within a minute stop sending; `0` never does.
    #[schemars(extend("default" = 3))]
    pub(crate) max_unknown: Option<u32>,
}

/// Where the results go.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResultsTable {
    /// The results file, relative to this file: a workbook where it ends in `.xlsx`, else a CSV, and neither the
    /// audience nor the campaign file. Where it is not given
    /// it lies beside the campaign and is named after its id: `ID.results.csv`, `ID.wave2.results.csv` from the second wave on,
    /// What was sent to a simulator has `.local` in the name, whatever it is called here: `ID.local.results.csv`.
    pub(crate) file: Option<String>,
    /// Write those who failed, are unknown and are unsent into files of their own as well, beside the results:
    /// `….failed.csv`, `….unknown.csv` and `….unsent.csv`, or `.xlsx`. Each can be the next audience.
    #[schemars(extend("default" = false))]
    pub(crate) split: Option<bool>,
    /// The language of the column titles and words that wxcast adds.
    #[schemars(extend("default" = "en"))]
    pub(crate) language: Option<ResultsLanguage>,
    /// Columns of the audience that the results leave out, such as `["身份证"]`: results are passed on. The column of openids
    /// always stays.
    pub(crate) omit: Option<Vec<String>>,
}

/// The language of the results file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub(crate) enum ResultsLanguage {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    ZhCn,
}
