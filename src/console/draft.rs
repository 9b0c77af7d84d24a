//! A campaign in the making: what somebody has chosen and written so far. It stands in no file of theirs until they say so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::campaign::Campaign;
use crate::message::Kind;
use crate::plan::Plan;

/// What was chosen and written so far.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The list that was brought, where the console keeps it for so long.
    pub(crate) list: PathBuf,
    /// What people call the campaign.
    pub(crate) title: String,
    /// The account.
    pub(crate) appid: String,
    /// The kind of message.
    pub(crate) kind: Kind,
    /// The sheet, where one was chosen.
    pub(crate) sheet: Option<String>,
    /// The row with the names of the columns, where one was chosen.
    pub(crate) header_row: Option<u32>,
    /// The column of the openids, where one was chosen.
    pub(crate) openid: Option<String>,
    /// The texts of the message by the field they belong to.
    pub(crate) texts: BTreeMap<String, String>,
}

/// What the program makes of it.
#[derive(Debug)]
pub(crate) struct Drafted {
    /// The sheets that could be meant, where there are several.
    pub(crate) sheets: Vec<String>,
    /// The one that is.
    pub(crate) sheet: Option<String>,
    /// The first rows of the list, each with its number.
    pub(crate) rows: Vec<(u64, Vec<String>)>,
    /// Which of them has the names of the columns.
    pub(crate) header_row: u64,
    /// The names of the columns, each with how a text names it.
    pub(crate) columns: Vec<(String, String)>,
    /// The column of the openids.
    pub(crate) openid: Option<String>,
    /// The texts that the message cannot do without.
    pub(crate) fields: Vec<Field>,
    /// What else is wrong.
    pub(crate) wrong: Vec<String>,
    /// The campaign and its plan, as far as the file would be sound.
    pub(crate) made: Option<(Campaign, Plan)>,
}

/// A text of the message.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its place in the campaign file.
    pub(crate) at: String,
    /// What is asked for.
    pub(crate) question: String,
    /// What was written.
    pub(crate) text: String,
    /// Whether it may be long.
    pub(crate) long: bool,
    /// What is wrong with it.
    pub(crate) wrong: Vec<String>,
}
