//! How long the texts of a campaign are, told where it matters: where one of them comes near to what is allowed.

use serde::Serialize;

use crate::diagnostic::place::{FieldPath, Step};
use crate::locale::Catalog;
use crate::message::field::{Certainty, Unit};
use crate::plan::sample::lengths::{BARS, Lengths};

/// From this share of its limit on, in percent, a length matters.
const MATTERS: usize = 80;

/// The fields that have a name for people.
const NAMED: [&str; 6] = ["content", "title", "description", "head_content", "tail_content", "url"];

/// Whether a length comes near to a limit.
pub(super) fn is_near(length: usize, max: usize) -> bool {
    length.saturating_mul(100) >= max.saturating_mul(MATTERS)
}

/// What people call a field: its last key, and which of several it is.
pub(super) fn field_name(field: &FieldPath, words: &Catalog) -> String {
    let (mut name, mut number) = (None, None);
    for step in field.steps() {
        match step {
            Step::Key(key) => name = Some(key.as_str()),
            Step::Index(index) => number = Some(index + 1),
        }
    }
    let Some(name) = name.filter(|name| NAMED.contains(name)) else { return field.to_string() };
    let name = words.say(&format!("preview.field.{name}"), &[]);
    match number {
        Some(number) => words.say("preview.field.numbered", &[("field", &name), ("number", &number)]),
        None => name,
    }
}

pub(super) fn unit_name(unit: Unit, words: &Catalog) -> String {
    words.say(unit.key().name(), &[])
}

/// How many messages have which length of one field.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    title: String,
    summary: String,
    end: String,
    bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
struct Bar {
    from: usize,
    to: usize,
    count: u64,
    height: u64,
}

/// The charts of those fields whose longest text comes near to what is allowed.
pub(super) fn charts(all: &[Lengths], words: &Catalog) -> Vec<Chart> {
    let matters = |lengths: &&Lengths| {
        let longest = lengths.histogram.range.map(|(_, longest)| longest);
        longest.zip(lengths.limit).is_some_and(|(longest, limit)| is_near(longest, limit.max))
    };
    all.iter().filter(matters).map(|lengths| chart(lengths, words)).collect()
}

fn chart(lengths: &Lengths, words: &Catalog) -> Chart {
    let histogram = &lengths.histogram;
    let unit = unit_name(lengths.unit, words);
    let most = histogram.counts.iter().copied().fold(1, u64::max);
    let bar = |(index, count): (usize, &u64)| Bar {
        from: index * histogram.width,
        to: (index + 1) * histogram.width - 1,
        count: *count,
        height: (count * 100).div_ceil(most),
    };
    let (least, greatest) = histogram.range.expect("what comes near to a limit was measured");
    let range =
        words.say("preview.html.range", &[("least", &least), ("greatest", &greatest), ("unit", &unit)]);
    let limit = lengths.limit.expect("what comes near to a limit has one");
    let key = match limit.certainty {
        Certainty::Refused => "preview.html.limit",
        Certainty::Rumoured => "preview.html.limit-rumoured",
    };
    let limit = words.say(key, &[("max", &limit.max), ("unit", &unit)]);
    let field = lengths.field.as_ref().expect("only fields have limits");
    Chart {
        title: words.say("preview.html.lengths", &[("field", &field_name(field, words))]),
        summary: words.say("preview.html.two-sentences", &[("first", &range), ("second", &limit)]),
        end: words.say("preview.html.amount", &[("length", &(histogram.width * BARS)), ("unit", &unit)]),
        bars: histogram.counts.iter().enumerate().map(bar).collect(),
    }
}
