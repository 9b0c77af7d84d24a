//! The XML of workbooks; the only file that knows how XML is read.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};

use crate::audience::workbook::cell::Failure;

/// The most bytes of a tag or a text, with what is read ahead. A cell holds 32,767 characters, and the longest attributes
/// are lists of cells.
const LONGEST_ITEM: usize = 8 << 20;

/// What stands next in a part. An empty tag begins and ends like any other.
pub(crate) enum Item<'x> {
    Start(Tag<'x>),
    /// The name of the tag that ends, without its namespace.
    End(&'x str),
    Text(&'x str),
}

/// A tag that begins.
pub(crate) struct Tag<'x>(&'x BytesStart<'x>);

/// Goes through the tags and texts of a part until one is answered with false. A part that is no XML, or that ends before
/// its tags do, is a failure: what it lacks may be people.
pub(crate) fn walk(
    name: &str,
    part: Box<dyn Read + '_>,
    mut each: impl FnMut(Item<'_>) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let damaged = || Failure::part(name);
    let left = Rc::new(Cell::new(LONGEST_ITEM));
    let part = Bounded { part, left: Rc::clone(&left) };
    let mut xml = quick_xml::Reader::from_reader(BufReader::with_capacity(64 * 1024, part));
    let mut buffer = Vec::new();
    let (mut depth, mut begun) = (0u64, false);
    loop {
        begun |= depth > 0;
        buffer.clear();
        left.set(LONGEST_ITEM);
        let more = match xml.read_event_into(&mut buffer).map_err(|_| damaged())? {
            Event::Start(tag) => {
                depth += 1;
                each(Item::Start(Tag(&tag)))?
            }
            Event::Empty(tag) => {
                begun = true;
                each(Item::Start(Tag(&tag)))? && each(Item::End(Tag(&tag).name()))?
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                each(Item::End(tag.local_name().as_ref()))?
            }
            Event::Text(text) => each(Item::Text(&text.xml10_content()))?,
            Event::CData(text) => each(Item::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref().map_err(|_| damaged())? {
                    Some(c) => c,
                    None => named(&reference.into_inner()).ok_or_else(damaged)?,
                };
                each(Item::Text(c.encode_utf8(&mut [0; 4])))?
            }
            Event::Eof if depth > 0 || !begun => return Err(damaged()),
            Event::Eof => false,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => true,
        };
        if !more {
            return Ok(());
        }
    }
}

/// A part of which no single tag or text may be longer than any program writes: it is held in memory whole.
struct Bounded<'p> {
    part: Box<dyn Read + 'p>,
    left: Rc<Cell<usize>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(into)?;
        let left = self.left.get().checked_sub(read).ok_or(io::ErrorKind::FileTooLarge)?;
        self.left.set(left);
        Ok(read)
    }
}

/// The characters that have names in every XML.
fn named(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

impl Tag<'_> {
    /// Its name without the namespace.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of an attribute, whatever its namespace.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let mut found = None;
        self.each(|key, value| {
            if key == name && found.is_none() {
                found = Some(value.into_owned());
            }
        });
        found
    }

    /// Hands out its attributes, by their names without namespaces.
    pub(crate) fn each(&self, mut each: impl FnMut(&str, Cow<'_, str>)) {
        for attribute in self.0.attributes().with_checks(false).flatten() {
            if let Ok(value) = quick_xml::escape::unescape(&attribute.value) {
                each(attribute.key.local_name().into_inner(), value);
            }
        }
    }
}

/// A text in which `_x000A_` stands for a character that XML cannot hold.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let escape = rest.get(at..at + 7).filter(|escape| escape.ends_with('_'));
        let digits = escape.and_then(|escape| escape.get(2..6));
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let c = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        match c {
            Some(c) => {
                plain.push(c);
                rest = &after[7..];
            }
            None => {
                plain.push_str("_x");
                rest = &after[2..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn characters_that_xml_cannot_hold_are_read() {
        for (text, plain) in [
            ("a_x000A_b", "a\nb"),
            ("_x005F_x000A_", "_x000A_"),
            ("_x12_", "_x12_"),
            ("_xD83D_", "_xD83D_"),
            ("é_x0041_", "éA"),
            ("_x张三三三_", "_x张三三三_"),
        ] {
            assert_eq!(unescaped(text), plain);
        }
    }
}
