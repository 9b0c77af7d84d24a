//! A log of pushes as a table: what a customer system exports, with a column of openids and one of times.

use std::path::Path;

use jiff::tz::TimeZone;

use crate::audience::Source;
use crate::audience::locate;
use crate::audience::openid;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::time_cell;
use crate::audience::workbook;
use crate::campaign::window::Opened;
use crate::diagnostic::Diagnostic;
use crate::gather::contacts::{Contact, Did};
use crate::gather::push::entry::Entry;

/// What the columns are called, in small letters.
const WHO: [&str; 4] = ["fromusername", "openid", "open_id", "touser"];
const WHEN: [&str; 8] =
    ["createtime", "create_time", "time", "timestamp", "最后互动时间", "互动时间", "时间", "消息时间"];
const WHAT: [&str; 5] = ["msgtype", "msg_type", "type", "互动方式", "消息类型"];
const EVENT: [&str; 2] = ["event", "事件"];
const ID: [&str; 2] = ["msgid", "msg_id"];

/// Why a table cannot be read.
pub(crate) enum Unread {
    /// This is wrong with it.
    Faults(Vec<Diagnostic>),
    /// It has no column of this name, nor of another for the same; those that it has are these.
    NoColumn(&'static str, Vec<String>),
}

/// Whether a file that begins so is a workbook.
pub(crate) fn is_workbook(head: &[u8]) -> bool {
    workbook::begins(head)
}

/// Whether a text that begins so may be a table of pushes: it names a column of people.
pub(crate) fn may_be(head: &str) -> bool {
    let head = head.to_lowercase();
    WHO.iter().any(|name| head.contains(name))
}

/// Reads a table to its end and tells of each row.
///
/// # Errors
///
/// What keeps it from being read.
pub(crate) fn read(path: &Path, zone: &TimeZone, each: &mut dyn FnMut(Entry)) -> Result<(), Unread> {
    let source = Source { path: path.to_owned(), openid: "openid".to_owned(), ..Source::default() };
    let mut reader = Reader::open(&source).map_err(|unreadable| {
        let mut faults: Vec<Diagnostic> =
            unreadable.faults.into_iter().filter(Diagnostic::is_error).collect();
        locate::fill(&source, &mut faults);
        Unread::Faults(faults)
    })?;
    let names: Vec<String> = reader.header().names().map(str::to_owned).collect();
    let is_known = |known: &[&str], name: &String| known.contains(&name.to_lowercase().as_str());
    let column = |known: &[&str]| names.iter().position(|name| is_known(known, name));
    let missing = |name| Unread::NoColumn(name, names.clone());
    let who = column(&WHO).ok_or_else(|| missing(WHO[1]))?;
    let when = column(&WHEN).ok_or_else(|| missing(WHEN[0]))?;
    let (what, event, id) = (column(&WHAT), column(&EVENT), column(&ID));
    let mut row = Row::default();
    loop {
        match reader.read(&mut row) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(fault) => return Err(Unread::Faults(vec![fault])),
        }
        let Ok(cells) = row.cells() else {
            each(Entry::Unreadable);
            continue;
        };
        let cell = |at: Option<usize>| at.map_or("", |at| cells.or_blank(at)).trim();
        let (openid, time) = (cell(Some(who)), cell(Some(when)));
        let at = time_cell::read(time, zone, None).map(|read| read.at.as_second());
        let (Some(at), Ok(_)) = (at, openid::check(openid)) else {
            each(Entry::Unreadable);
            continue;
        };
        each(entry(openid, at, cell(what), cell(event), cell(id)));
    }
}

/// What a row says. One without a word for what somebody did is about a message, as in an audience.
fn entry(openid: &str, at: i64, what: &str, event: &str, id: &str) -> Entry {
    let word = if event.is_empty() { what } else { event };
    let did = if word.is_empty() {
        Did::Opened(Opened::Message)
    } else if word.eq_ignore_ascii_case("unsubscribe") {
        Did::Left
    } else {
        match Opened::parse(word) {
            Some(opened) => Did::Opened(opened),
            None => return Entry::Nothing,
        }
    };
    Entry::Contact(Contact { openid: openid.to_owned(), at, did, id: id.to_owned() })
}
