//! The results as a CSV, for spreadsheets: UTF-8 with BOM, CRLF, and no formula that would run.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use crate::audience::csv::guard::arm;
use crate::campaign::Campaign;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Status;
use crate::delivery::tally::Tally;
use crate::journal::record::Recorded;
use crate::locale::Catalog;
use crate::report::results::line::{Line, Sheet};
use crate::wechat::answer::error_code::key;

/// The keys of the added columns, in their order; their titles are in `locales/`.
pub(crate) const COLUMNS: [&str; 8] =
    ["status", "errcode", "errmsg", "advice", "attempts", "finished_at", "latency_ms", "rid"];

/// A CSV of results.
pub(crate) struct CsvFile<'a> {
    writer: Writer<&'a mut (dyn Write + Send)>,
}

impl<'a> CsvFile<'a> {
    /// On a stream that nothing was written to.
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { writer: WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(out) }
    }
}

impl Sheet for CsvFile<'_> {
    fn head(&mut self, names: &[String]) -> io::Result<()> {
        let mut names = names.iter().map(|name| arm(name));
        let first = names.next().map(|first| format!("\u{feff}{first}").into());
        self.writer.write_record(first.into_iter().chain(names).map(|name| name.into_owned()))?;
        Ok(())
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        for (index, cell) in line.cells.iter().enumerate() {
            // An openid is no formula, and one that was changed would be nobody's.
            if line.openid == Some(index) {
                self.writer.write_field(cell)?;
            } else {
                self.writer.write_field(arm(cell).as_bytes())?;
            }
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn end(&mut self, _: &Campaign, _: &Tally) -> io::Result<()> {
        self.writer.flush()
    }
}

/// What a person should do about a message.
pub(crate) fn advice(words: &Catalog, status: Status, recorded: &Recorded) -> String {
    match (recorded.errcode, &recorded.reason) {
        (Some(0), _) => String::new(),
        (Some(code), _) => {
            let known = key(code);
            words.say(&format!("errcode.{known}.advice"), &[])
        }
        (None, Some(incident)) => words.say(&Incident::advice_key(incident), &[]),
        (None, None) => match status {
            Status::Unknown => words.say(&Incident::advice_key("crash"), &[]),
            Status::Sent | Status::Refused | Status::Failed | Status::Skipped | Status::Unsent => {
                String::new()
            }
        },
    }
}

/// A text in which an openid is masked wherever it stands: in an address, in the name of a file. One that is shorter than
/// WeChat's are may be a part of other words, and stays.
pub(crate) fn masked_in(text: &str, openid: &str) -> String {
    if openid.len() < 12 { text.to_owned() } else { text.replace(openid, &mask(openid)) }
}

/// The name of a file in which whatever may be an openid is masked, for those who do not know whose file it is.
pub(crate) fn masked_name(name: &str) -> String {
    /// An openid is an `o` and 27 characters more.
    const LENGTH: usize = 28;
    let joins = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let bytes = name.as_bytes();
    let mut masked = String::with_capacity(name.len());
    let mut told = 0;
    for (at, window) in bytes.windows(LENGTH).enumerate() {
        let is_one = at >= told
            && window[0] == b'o'
            && window.iter().all(belongs)
            && joins(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && joins(bytes.get(at + LENGTH));
        if is_one {
            masked.push_str(&name[told..at]);
            told = at + LENGTH;
            masked.push_str(&mask(&name[at..told]));
        }
    }
    masked + &name[told..]
}

/// Shows as much of an openid as is needed to tell people apart, and no more.
pub(crate) fn mask(openid: &str) -> String {
    let characters: Vec<char> = openid.chars().collect();
    match characters.as_slice() {
        [a, b, c, .., w, x, y, z] if characters.len() >= 12 => format!("{a}{b}{c}***{w}{x}{y}{z}"),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_nobody_and_says_all_else() {
        let openid = "oABC5678901234567890123-_678";
        for (name, shown) in [
            (format!("qr/{openid}.png"), "qr/oAB***_678.png"),
            (openid.to_owned(), "oAB***_678"),
            (format!("码/券_{openid}-大.jpg"), "码/券_oAB***_678-大.jpg"),
            (
                "our-welcome-video-of-all-customers-2026.mp4".to_owned(),
                "our-welcome-video-of-all-customers-2026.mp4",
            ),
            (String::new(), ""),
        ] {
            assert_eq!(masked_name(&name), shown, "{name}");
        }
    }

    #[test]
    fn a_mask_keeps_the_ends() {
        assert_eq!(mask("oABC567890123456789012345678"), "oAB***5678");
        assert_eq!(mask("short"), "***");
    }
}
