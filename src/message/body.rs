//! A compiled message: the request body with open slots, and the one place where payloads are written.

use std::ops::Range;

use serde_json::json;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::message::bytes::any_byte;
use crate::message::draft::Draft;
use crate::message::slot::{Part, Slot};
use crate::message::{AccountKind, Kind, Message};

/// What goes around the kind's own object (docs/platform.md#around-the-message).
#[derive(Debug, Clone, Default)]
pub(crate) struct Envelope {
    /// Speak as this service account.
    pub(crate) kf_account: Option<String>,
    /// Mark the message as made by AI.
    pub(crate) ai_generated: bool,
}

/// A message of one kind, compiled: everything but the recipient and the texts.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    kind: Kind,
    parts: Vec<Part>,
    slots: Vec<Slot>,
}

impl Body {
    /// Compiles a message of the campaign file for an account. Gives every fault at once, and the texts of the
    /// message also where it has faults, so that the texts can be judged in the same run.
    pub(crate) fn compile(
        kind: Kind,
        message: &dyn Message,
        account: AccountKind,
        envelope: &Envelope,
    ) -> (Option<Self>, Vec<Slot>, Vec<Diagnostic>) {
        let at = FieldPath::of("message").key(kind.name());
        let mut draft = Draft::new(at.clone());
        message.compile(account, &mut draft);
        let (inside, slots, mut faults) = draft.finish();
        if !message.accounts().contains(&account) {
            let fault = Diagnostic::new(Code::KindNotForAccount, Place::Key(at))
                .with("kind", kind.name())
                .with("account", account.name());
            faults.insert(0, fault);
        }
        let sound = !faults.iter().any(Diagnostic::is_error);
        let body = sound.then(|| Self { kind, parts: enclose(kind, inside, envelope), slots: slots.clone() });
        (body, slots, faults)
    }

    /// The kind.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The texts to fill, in payload order.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The message before it is filled, as text: two messages that read alike here are one message.
    pub(crate) fn unfilled(&self) -> String {
        let part = |part: &Part| match part {
            Part::Json(json) => json.clone(),
            Part::Slot(index) => self.slots[*index].source.clone(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Appends the finished payload for `openid` to `out`: compact UTF-8 JSON, nothing escaped that need not
    /// be, keys in the order touser, msgtype, the kind's object, customservice, aimsgcontext. `texts` holds
    /// one finished text a slot; `openid` has only characters an openid may have.
    pub(crate) fn write(&self, openid: &str, texts: &[String], out: &mut Vec<u8>) {
        self.write_and_note(openid, texts, out, |_, _| {});
    }

    /// As [`write`](Self::write), and tells `note` of each slot the bytes of `out` that its JSON string takes, the
    /// quotes included.
    pub(crate) fn write_and_note(
        &self,
        openid: &str,
        texts: &[String],
        out: &mut Vec<u8>,
        mut note: impl FnMut(usize, Range<usize>),
    ) {
        Self::write_openid(openid, out);
        for part in &self.parts {
            match part {
                Part::Json(json) => out.extend_from_slice(json.as_bytes()),
                Part::Slot(index) => {
                    let start = out.len();
                    // A text that is not there must not go out as an empty one.
                    write_string(texts.get(*index).expect("a text is filled for every slot"), out);
                    note(*index, start..out.len());
                }
            }
        }
    }

    /// Appends the beginning of every payload: [`BEFORE_OPENID`] and the openid.
    pub(crate) fn write_openid(openid: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(BEFORE_OPENID.as_bytes());
        out.extend_from_slice(openid.as_bytes());
    }
}

/// What every payload begins with, before the openid.
pub(crate) const BEFORE_OPENID: &str = "{\"touser\":\"";

fn enclose(kind: Kind, inside: Vec<Part>, envelope: &Envelope) -> Vec<Part> {
    let head = format!("\",\"msgtype\":\"{kind}\",\"{kind}\":{{");
    let mut tail = String::from("}");
    if let Some(kf_account) = &envelope.kf_account {
        tail.push_str(",\"customservice\":");
        tail.push_str(&json!({ "kf_account": kf_account }).to_string());
    }
    if envelope.ai_generated {
        tail.push_str(",\"aimsgcontext\":{\"is_ai_msg\":1}");
    }
    tail.push('}');
    let mut parts = vec![Part::Json(head)];
    parts.extend(inside);
    parts.push(Part::Json(tail));
    parts
}

/// A payload with other texts in some of its JSON strings, each of which is given by its bytes, the quotes included,
/// in ascending order.
pub(crate) fn replaced<'t>(
    payload: &[u8],
    strings: impl IntoIterator<Item = (&'t Range<usize>, &'t str)>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 64);
    let mut from = 0;
    for (range, text) in strings {
        out.extend_from_slice(&payload[from..range.start]);
        write_string(text, &mut out);
        from = range.end;
    }
    out.extend_from_slice(&payload[from..]);
    out
}

/// Writes a JSON string. Only what JSON demands is escaped (docs/platform.md#json); most texts need nothing.
fn write_string(text: &str, out: &mut Vec<u8>) {
    if any_byte(text, |byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        // Whatever ends lines in the files, one text has one digest on every system.
        let plain;
        let text = if text.contains('\r') {
            plain = text.replace("\r\n", "\n").replace('\r', "\n");
            &plain
        } else {
            text
        };
        serde_json::to_writer(out, text)
            .expect("a str always serialises, and writing into a Vec cannot fail");
        return;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}
