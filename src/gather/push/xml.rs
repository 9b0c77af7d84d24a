//! A push as XML, at the beginning of a text. Only the fields right below `<xml>` count, and a `CDATA` is a text whatever
//! stands in it: people write what they like.

use crate::gather::push::entry::{Fields, Part};

/// Fields that show that it is a push.
const OWN: [&str; 5] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Encrypt"];
/// Nothing of a push is nested deeper.
const DEEPEST: usize = 8;

/// Reads it.
pub(crate) fn read(text: &str) -> Part {
    let Some(start) = text.find('>') else { return Part::Unfinished };
    let mut scan = Scan { text, at: start + 1, fields: Fields::default(), is_push: false };
    match scan.children(&mut Vec::new()) {
        Some(true) => Part::Whole(vec![scan.fields], scan.at),
        // Whoever writes a log may die in the middle of a push. The next one then stands inside of it.
        Some(false) if scan.is_push => {
            let within = &text[BEGIN.len()..scan.at];
            Part::Broken(within.find(BEGIN).map_or(scan.at, |next| BEGIN.len() + next))
        }
        Some(false) => Part::None,
        None => Part::Unfinished,
    }
}

/// How a push begins.
const BEGIN: &str = "<xml";

struct Scan<'t> {
    text: &'t str,
    at: usize,
    fields: Fields,
    is_push: bool,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Reads up to the end of `<xml>`. Gives whether it is XML; nothing where the text ends before.
    fn children(&mut self, path: &mut Vec<&'t str>) -> Option<bool> {
        let mut value = String::new();
        loop {
            let rest = self.rest();
            let open = rest.find('<')?;
            value.push_str(&rest[..open]);
            self.at += open;
            let rest = self.rest();
            if let Some(inner) = rest.strip_prefix("<![CDATA[") {
                let end = inner.find("]]>")?;
                value.push_str(&inner[..end]);
                self.at += "<![CDATA[".len() + end + "]]>".len();
                continue;
            }
            if rest.len() < "<![CDATA[".len() && "<![CDATA[".starts_with(rest) {
                return None;
            }
            // Another push within this one: nothing of a push is called so.
            if rest.starts_with(BEGIN) {
                self.is_push = true;
                return Some(false);
            }
            let end = rest.find('>')?;
            let tag = &rest[1..end];
            // A tag that was cut off.
            if let Some(next) = tag.find('<') {
                self.is_push |= tag[next..].starts_with(BEGIN);
                self.at += 1 + next;
                return Some(false);
            }
            self.at += end + 1;
            if let Some(name) = tag.strip_prefix('/') {
                let name = name.trim();
                match path.pop() {
                    None => return Some(name == "xml"),
                    Some(open) if open != name => return Some(false),
                    Some(_) if path.is_empty() => self.take(name, value.trim()),
                    Some(_) => {}
                }
            } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
                if path.len() >= DEEPEST {
                    return Some(false);
                }
                let name = tag.split_whitespace().next().unwrap_or(tag);
                self.is_push |= path.is_empty() && OWN.contains(&name);
                path.push(name);
            }
            value.clear();
        }
    }

    fn take(&mut self, name: &str, value: &str) {
        self.fields.take(name, || value.to_owned());
    }
}
