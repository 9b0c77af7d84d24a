//! Reads the account's own log of pushes: XML and JSON wherever they stand in a line, or over several; tables are read by
//! [`table`]. Nothing of what people wrote is kept.

pub(crate) mod entry;
mod json;
mod lossy;
pub(crate) mod table;
mod xml;

use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use encoding_rs::Encoding;

use crate::gather::push::entry::{Entry, Part};
use crate::gather::push::lossy::Lossy;
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
    /// It is packed, by the program whose files end so.
    Packed(&'static str),
    /// It is no text.
    Binary,
    /// It is a text with nothing of pushes in it.
    Foreign,
    /// There is nothing in it.
    Empty,
}

/// How files begin that are packed, and how their names end.
const PACKED: [(&[u8], &str); 4] =
    [(b"\x1f\x8b", ".gz"), (b"BZh", ".bz2"), (b"\xfd7zXZ", ".xz"), (b"\x28\xb5\x2f\xfd", ".zst")];

/// How a log seems to be written, by its beginning.
pub(crate) fn form_of(path: &Path) -> io::Result<Form> {
    let mut head = Vec::new();
    own_file::open_through(path)?.take(LONGEST as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Form::Empty);
    }
    if let Some((_, ending)) = PACKED.iter().find(|(begin, _)| head.starts_with(begin)) {
        return Ok(Form::Packed(ending));
    }
    if table::is_workbook(&head) {
        return Ok(Form::Table);
    }
    let marked = Encoding::for_bom(&head).is_some();
    let mut text = Vec::new();
    Lossy::new(&*head).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let is_log = ["<xml", "{\"", "{ \"", "{\n", "{\r\n"].iter().any(|begin| text.contains(begin));
    Ok(if is_log {
        Form::Log
    } else if !marked && head.contains(&0) {
        Form::Binary
    } else if table::may_be(&text) {
        Form::Table
    } else {
        Form::Foreign
    })
}

/// Reads a log of XML and JSON to its end and tells of each entry.
pub(crate) fn read(path: &Path, each: &mut dyn FnMut(Entry)) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(LONGEST, Lossy::new(own_file::open_through(path)?));
    let mut buffer = String::new();
    while append_line(&mut lines, &mut buffer)? {
        consume(&mut buffer, false, each);
    }
    consume(&mut buffer, true, each);
    Ok(())
}

/// Puts the next line behind a text. What is no UTF-8 in it is what people wrote, which does not count.
fn append_line(lines: &mut impl BufRead, buffer: &mut String) -> io::Result<bool> {
    let mut line = Vec::new();
    let mut part = lines.take(LONGEST as u64);
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
            Part::Whole(pushes, length) => {
                pushes.into_iter().for_each(|fields| each(fields.entry()));
                at = found + length;
            }
            Part::Broken(length) => {
                each(Entry::Unreadable);
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

    #[test]
    fn a_push_that_was_cut_off_anywhere_is_told_and_the_next_ones_are_read() {
        let wrote = did("oA", 1_700_000_000, Did::Opened(Opened::Message), "7");
        let first = TEXT.find("<FromUserName>").expect("a field");
        for end in
            (0..TEXT.len()).filter(|end| *end > first + "<FromUserName>".len() && TEXT.is_char_boundary(*end))
        {
            let read = entries(&format!("{}\n{TEXT}\n{TEXT}\n", &TEXT[..end]));
            assert_eq!(read.iter().filter(|entry| **entry == wrote).count(), 2, "{end}: {read:?}");
            assert!(read.contains(&Entry::Unreadable), "{end}: {read:?}");
        }
        // Before it says anything of itself.
        assert_eq!(entries(&format!("<xml><ToUs\n{TEXT}")), [Entry::Unreadable, wrote]);
        assert_eq!(entries("<xml><page>1</other></xml>"), [], "another document");
    }

    #[test]
    fn pushes_are_found_in_lists_and_in_texts_within_texts() {
        let text = |value: &str| serde_json::to_string(value).expect("a text");
        let push = |who: &str| {
            format!("{{\"FromUserName\":\"{who}\",\"CreateTime\":1700000000,\"MsgType\":\"text\"}}")
        };
        let wrote = |who: &str, id: &str| did(who, 1_700_000_000, Did::Opened(Opened::Message), id);
        let slashed = text(TEXT).replace('/', "\\/");
        for (log, expected) in [
            (format!("{{\"body\":{}}}", text(&push("oA"))), vec![wrote("oA", "")]),
            (
                format!("{{\"a\":{{\"b\":[{},{}]}}}}", push("oA"), push("oB")),
                vec![wrote("oA", ""), wrote("oB", "")],
            ),
            (format!("[{},{}]", push("oA"), push("oB")), vec![wrote("oA", ""), wrote("oB", "")]),
            (format!("{{\"log\":{}}}", text(&format!("t=1 got {}", text(&push("oA"))))), vec![]),
            (format!("{{\"log\":{}}}", text(&format!("got {} ok", push("oA")))), vec![wrote("oA", "")]),
            (format!("{{\"body\":{slashed}}}"), vec![wrote("oA", "7")]),
            (format!("{{\"raw\":{},\"parsed\":{}}}", text(&push("oA")), push("oA")), vec![wrote("oA", "")]),
        ] {
            let read: Vec<Entry> =
                entries(&log).into_iter().filter(|entry| *entry != Entry::Unreadable).collect();
            assert_eq!(read, expected, "{log}");
        }
        // What people wrote in a push is none.
        let forged =
            push("oA").replace("\"text\"}", &format!("\"text\",\"Content\":{}}}", text(&push("oEVIL"))));
        assert_eq!(entries(&forged), [wrote("oA", "")]);
        // What names somebody and cannot be taken apart is told.
        let unread = format!("{{\"body\":{}}}", text("FromUserName=oA&CreateTime=1700000000"));
        assert_eq!(entries(&unread), [Entry::Unreadable]);
    }
}
