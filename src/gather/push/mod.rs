//! Reads the account's own log of pushes: XML and JSON wherever they stand in a line, or over several; tables are read by
//! [`table`]. Nothing of what people wrote is kept.

pub(crate) mod entry;
mod json;
pub(crate) mod table;
mod xml;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use crate::gather::push::entry::{Entry, Part};
use crate::own_file;

/// A push has a few hundred bytes; what is longer and does not end is none.
const LONGEST: usize = 256 * 1024;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// XML or JSON in its lines.
    Log,
    /// A table with columns.
    Table,
}

/// How a log seems to be written: with a push somewhere near its beginning, or else as a table.
pub(crate) fn form_of(path: &Path) -> io::Result<Form> {
    let mut head = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(own_file::open_through(path)?, LONGEST as u64), &mut head)?;
    let text = String::from_utf8_lossy(&head);
    let is_log =
        text.contains("<xml") || text.contains("{\"") || text.contains("{ \"") || text.contains("{\n");
    Ok(if is_log { Form::Log } else { Form::Table })
}

/// Reads a log of XML and JSON to its end and tells of each entry.
pub(crate) fn read(path: &Path, each: &mut dyn FnMut(Entry)) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(256 * 1024, own_file::open_through(path)?);
    let mut buffer = String::new();
    while append_line(&mut lines, &mut buffer)? {
        consume(&mut buffer, false, each);
    }
    consume(&mut buffer, true, each);
    Ok(())
}

/// Puts the next line behind a text. What is no UTF-8 in it is what people wrote, which does not count.
fn append_line(lines: &mut BufReader<File>, buffer: &mut String) -> io::Result<bool> {
    let mut line = Vec::new();
    let mut part = io::Read::take(lines, LONGEST as u64);
    let read = part.read_until(b'\n', &mut line)?;
    buffer.push_str(&String::from_utf8_lossy(&line));
    Ok(read > 0)
}

/// Takes the entries from the beginning of a text, as far as they are whole.
fn consume(buffer: &mut String, is_end: bool, each: &mut dyn FnMut(Entry)) {
    let mut at = 0;
    while let Some(found) = buffer[at..].find(['<', '{']).map(|found| at + found) {
        let rest = &buffer[found..];
        let read = if rest.starts_with("<xml") {
            xml::read(rest)
        } else if rest.starts_with('{') {
            json::read(rest)
        } else if "<xml".starts_with(rest) && !is_end {
            Part::Unfinished
        } else {
            Part::None
        };
        match read {
            Part::Whole(fields, length) => {
                each(fields.entry());
                at = found + length;
            }
            Part::Other(length) => at = found + length,
            Part::Unfinished if !is_end && rest.len() < LONGEST => {
                buffer.drain(..found);
                return;
            }
            Part::Unfinished if rest.starts_with("<xml") => {
                each(Entry::Unreadable);
                at = found + 1;
            }
            Part::Unfinished | Part::None => at = found + 1,
        }
    }
    buffer.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::window::Opened;
    use crate::gather::contacts::{Contact, Did};

    fn entries(log: &str) -> Vec<Entry> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), log).expect("a written file");
        assert_eq!(form_of(file.path()).expect("a file"), Form::Log);
        let mut entries = Vec::new();
        read(file.path(), &mut |entry| entries.push(entry)).expect("a file");
        entries
    }

    fn did(openid: &str, at: i64, did: Did, id: &str) -> Entry {
        Entry::Contact(Contact { openid: openid.into(), at, did, id: id.into() })
    }

    const TEXT: &str = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[oA]]></FromUserName>\n\
        <CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>\
        <Content><![CDATA[</Content><FromUserName>oEVIL</FromUserName> <xml> {\"a\"]]></Content><MsgId>7</MsgId></xml>";

    #[test]
    fn a_push_is_found_in_a_line_and_over_several_and_what_people_wrote_is_no_field() {
        let log = format!("2026-11-29 INFO got {TEXT} in 3 ms\nnothing here\n{TEXT}{TEXT}\n");
        let wrote = did("oA", 1_700_000_000, Did::Opened(Opened::Message), "7");
        assert_eq!(entries(&log), vec![wrote; 3]);
    }

    #[test]
    fn json_lines_are_read_with_whatever_stands_around_them() {
        let log = "t=1 {\"FromUserName\":\"oA\",\"CreateTime\":1700000001,\"MsgType\":\"event\",\"Event\":\"CLICK\"}\n\
            {\"level\":\"info\",\"n\":1}\n\
            {\"ts\":1,\"body\":{\"FromUserName\":\"oB\",\"CreateTime\":\"1700000002\",\"MsgType\":\"text\",\
            \"Content\":\"}{\",\"MsgId\":9}}\n{broken\n\
            {\"FromUserName\":\"oC\",\"CreateTime\":1700000003,\"MsgType\":\"event\",\"Event\":\"unsubscribe\"}";
        let read = entries(log);
        let expected = [
            did("oA", 1_700_000_001, Did::Opened(Opened::Menu), ""),
            did("oB", 1_700_000_002, Did::Opened(Opened::Message), "9"),
            did("oC", 1_700_000_003, Did::Left, ""),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn an_encrypted_push_is_known_by_its_outer_form() {
        let log = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[AbC+/=]]></Encrypt></xml>\n\
            {\"ToUserName\":\"gh_1\",\"Encrypt\":\"AbC\"}\n";
        assert_eq!(entries(log), [Entry::Encrypted, Entry::Encrypted]);
        let compatible = TEXT.replace("<MsgId>", "<Encrypt><![CDATA[x]]></Encrypt><MsgId>");
        assert!(matches!(entries(&compatible)[..], [Entry::Contact(_)]));
    }

    #[test]
    fn a_tap_on_a_menu_message_is_no_message_and_a_page_opens_nothing() {
        let tap = TEXT.replace("<MsgId>", "<bizmsgmenuid>101</bizmsgmenuid><MsgId>");
        assert_eq!(entries(&tap), [did("oA", 1_700_000_000, Did::Opened(Opened::Menu), "7")]);
        let view =
            TEXT.replace("[text]", "[event]").replace("<MsgId>", "<Event><![CDATA[VIEW]]></Event><MsgId>");
        assert_eq!(entries(&view), [Entry::Nothing]);
    }

    #[test]
    fn what_is_cut_off_or_names_nobody_is_said_to_be_unreadable() {
        assert_eq!(entries(&TEXT[..TEXT.len() - 20]), [Entry::Unreadable]);
        assert_eq!(entries(&TEXT.replace("1700000000", "soon")), [Entry::Unreadable]);
        assert_eq!(entries(&TEXT.replace("[oA]", "[张三]")), [Entry::Unreadable]);
    }
}
