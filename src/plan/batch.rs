//! Finished rows, a batch at a time.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::diagnostic::code::Code;
use crate::message::body;
use crate::plan::media::MediaPlace;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::skip::Skip;

/// How many rows of the audience make a batch. Batches end at the same rows in every reading of the same file.
pub(crate) const ROWS: usize = 1024;

/// Rows with what becomes of them. The payloads stand one after another in one buffer.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    payloads: Vec<u8>,
    entries: Vec<Entry>,
    /// Where payloads name media files, by row and in the order of rows.
    media: Vec<(u64, MediaPlace)>,
    /// Until when its messages may be begun, in the order of rows, where the campaign says by what.
    deadlines: Vec<Deadline>,
}

/// A row and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The row's number, from 1, the header not counted.
    pub(crate) row: u64,
    /// What becomes of it.
    pub(crate) verdict: Verdict,
    /// The first thing that is wrong with it, where it is skipped for that.
    pub(crate) wrong: Option<Wrong>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: Code,
    /// The index of the cell, where it is one cell's fault.
    pub(crate) cell: Option<usize>,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is a message.
    Message {
        /// The length of the openid in bytes.
        openid: usize,
        /// The bytes of the payload in the batch.
        payload: Range<usize>,
        /// Which message to this openid it is, from 1.
        nth: u32,
    },
    /// It is none.
    Skipped {
        /// The reason.
        why: Skip,
        /// Whose row it is, where that is known and no other row is theirs: an earlier run may have sent them the message.
        openid: Option<Box<str>>,
    },
}

/// A recipient with a finished payload. Made only by the planner; nothing about it can fail any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMessage {
    /// The row it comes from, from 1.
    pub(crate) row: u64,
    /// Which message to this openid it is, from 1; more than 1 only with `duplicates = "each"`.
    pub(crate) nth: u32,
    /// The request body: exactly as it is sent, but for the ids of [`media`](Self::media).
    pub payload: Bytes,
    /// Where the payload names contents whose ids take these places, in the payload's order.
    pub(crate) media: Vec<MediaPlace>,
    openid: usize,
}

impl PlannedMessage {
    /// The payload with its media files under their names, as people know them.
    pub(crate) fn payload_for_people(&self) -> Vec<u8> {
        let names = self.media.iter().map(|place| (&place.range, place.file.name.as_str()));
        body::replaced(&self.payload, names)
    }

    /// The payload with these ids in the places of its media files, exactly as it is sent.
    pub(crate) fn payload_with(&self, ids: &[Arc<str>]) -> Vec<u8> {
        let ids = self.media.iter().map(|place| &place.range).zip(ids.iter().map(AsRef::as_ref));
        body::replaced(&self.payload, ids)
    }

    /// A single message with a copy of its payload. `openid` is the length of the openid in bytes.
    pub(crate) fn alone(row: u64, nth: u32, openid: usize, payload: &[u8], media: Vec<MediaPlace>) -> Self {
        Self { row, nth, payload: Bytes::copy_from_slice(payload), media, openid }
    }

    /// The same with a payload of its own, which keeps nothing of the others of its batch.
    pub(crate) fn apart(self) -> Self {
        Self { payload: Bytes::copy_from_slice(&self.payload), ..self }
    }

    /// The same message for a tester, who stands wherever the person of its row does: nobody's link is opened by somebody
    /// else.
    pub(crate) fn to_tester(&self, tester: &str, nth: u32) -> Self {
        let (own, start) = (self.openid(), body::BEFORE_OPENID.len());
        let text = std::str::from_utf8(&self.payload).expect("a payload is JSON");
        // What is shorter than any real openid may stand in a text by chance.
        let everywhere = own.len() >= 20;
        let of_media = |at: &usize| self.media.iter().any(|place| place.range.contains(at));
        let found = text.match_indices(own).map(|(at, _)| at);
        let places: Vec<usize> =
            found.filter(|at| *at == start || (everywhere && *at > start && !of_media(at))).collect();
        let (mut payload, mut from) = (Vec::with_capacity(text.len() + tester.len()), 0);
        for at in &places {
            payload.extend_from_slice(&self.payload[from..*at]);
            payload.extend_from_slice(tester.as_bytes());
            from = at + own.len();
        }
        payload.extend_from_slice(&self.payload[from..]);
        let moved = |at: usize| {
            let before = places.iter().filter(|place| **place < at).count();
            at + before * tester.len() - before * own.len()
        };
        let media = self.media.iter().map(|place| MediaPlace {
            range: moved(place.range.start)..moved(place.range.end),
            ..place.clone()
        });
        let media = media.collect();
        Self { row: self.row, nth, payload: payload.into(), media, openid: tester.len() }
    }

    /// The openid.
    pub(crate) fn openid(&self) -> &str {
        let start = body::BEFORE_OPENID.len();
        let bytes = &self.payload[start..start + self.openid];
        std::str::from_utf8(bytes).expect("the planner writes an openid only once it has been read as text")
    }
}

impl Batch {
    /// The buffer payloads are written to. What is written must be announced by [`push`](Self::push).
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.payloads
    }

    pub(crate) fn push(&mut self, row: u64, verdict: Verdict, wrong: Option<Wrong>) {
        self.entries.push(Entry { row, verdict, wrong });
    }

    /// Takes in where its payloads name media files.
    pub(crate) fn place(&mut self, media: &mut Vec<(u64, MediaPlace)>) {
        self.media.append(media);
    }

    /// Takes in until when its messages may be begun.
    pub(crate) fn end(&mut self, deadlines: &mut Vec<Deadline>) {
        self.deadlines.append(deadlines);
    }

    /// Until when its messages may be begun.
    pub(crate) fn deadlines(&self) -> &[Deadline] {
        &self.deadlines
    }

    pub(crate) fn clear(&mut self) {
        self.deadlines.clear();
        self.payloads.clear();
        self.entries.clear();
        self.media.clear();
    }

    /// Where its payloads name media files.
    pub(crate) fn media(&self) -> impl Iterator<Item = &MediaPlace> {
        self.media.iter().map(|(_, place)| place)
    }

    /// All payloads, one after another: what the digest is taken over.
    pub(crate) fn payloads(&self) -> &[u8] {
        &self.payloads
    }

    /// The rows.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The openid of an entry that is a message.
    pub(crate) fn openid(&self, payload: &Range<usize>, length: usize) -> &[u8] {
        let start = payload.start + body::BEFORE_OPENID.len();
        &self.payloads[start..start + length]
    }

    /// Turns the batch into its messages; the other rows are left out.
    pub fn into_messages(self) -> impl Iterator<Item = PlannedMessage> {
        let payloads = Bytes::from(self.payloads);
        let mut places = self.media.into_iter().peekable();
        self.entries.into_iter().filter_map(move |entry| match entry.verdict {
            Verdict::Message { openid, payload, nth } => {
                let mut media = Vec::new();
                while let Some((_, place)) = places.next_if(|(row, _)| *row == entry.row) {
                    media.push(place);
                }
                let payload = payloads.slice(payload);
                Some(PlannedMessage { row: entry.row, nth, payload, media, openid })
            }
            Verdict::Skipped { .. } => None,
        })
    }
}
