//! A run's timeline as the numbers of a drawing: bars for answers, lines for how long they took.
//!
//! A part is two units wide and an answer or a millisecond one unit high, so that the drawing's numbers are the
//! run's own. It is stretched to its place by the page, and everything to be read stands outside of it.

use std::fmt::Write as _;

use serde::Serialize;

use crate::report::run::json::RunReport;
use crate::report::run::timeline::{Latency, Part, Timeline};

/// A run of fewer parts than this is told in numbers.
const DRAWN: usize = 4;

/// The drawing of one run.
#[derive(Debug, Serialize)]
pub(crate) struct Chart {
    run: i64,
    seconds: i64,
    begun: String,
    from: String,
    to: String,
    width: usize,
    /// Whether there are enough parts for a drawing to show more than a block.
    drawn: bool,
    /// The most answers in a part.
    most: u64,
    answers: u64,
    bars: Vec<Bar>,
    /// The longest 95 % of a part, in milliseconds.
    slowest: u32,
    median: String,
    p95: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Bar {
    x: usize,
    y: u64,
    height: u64,
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct Row {
    from: String,
    sent: u64,
    refused: u64,
    failed: u64,
    unknown: u64,
    again: u64,
    median: Option<u32>,
    p95: Option<u32>,
}

impl Chart {
    /// Draws a timeline.
    pub(crate) fn of(line: &Timeline, report: &RunReport) -> Self {
        let clock = |part: Option<&Part>| {
            let from = part.map(|part| part.from.to_zoned(report.zone.clone()));
            from.map_or_else(String::new, |from| from.strftime("%H:%M:%S").to_string())
        };
        let most = line.parts.iter().map(answers).fold(1, u64::max);
        let latencies = || line.parts.iter().map(|part| part.latency_ms);
        let slowest = latencies().flatten().map(|latency| latency.p95).fold(1, u32::max);
        Self {
            run: line.run,
            seconds: line.seconds,
            begun: line.parts.first().map_or_else(String::new, |part| report.time(part.from)),
            from: clock(line.parts.first()),
            to: clock(line.parts.last()),
            width: line.parts.len() * 2,
            drawn: line.parts.len() >= DRAWN,
            most,
            answers: line.parts.iter().map(answers).sum(),
            bars: line.parts.iter().enumerate().flat_map(|(index, part)| bars(index, part, most)).collect(),
            slowest,
            median: path(latencies(), |latency| slowest.saturating_sub(latency.median)),
            p95: path(latencies(), |latency| slowest - latency.p95),
            rows: line.parts.iter().map(|part| row(part, clock(Some(part)))).collect(),
        }
    }
}

fn answers(part: &Part) -> u64 {
    part.sent + part.refused + part.failed + part.unknown + part.again
}

/// The bars of a part, one upon the other.
fn bars(index: usize, part: &Part, most: u64) -> Vec<Bar> {
    let mut top = most;
    let mut bars = Vec::new();
    for (class, height) in [
        ("sent", part.sent),
        ("refused", part.refused),
        ("failed", part.failed),
        ("unknown", part.unknown),
        ("again", part.again),
    ] {
        if height > 0 {
            top -= height;
            bars.push(Bar { x: index * 2, y: top, height, class });
        }
    }
    bars
}

/// A line through the middles of the parts, broken where a part has no answer. A part alone is a dot.
fn path(parts: impl Iterator<Item = Option<Latency>>, height: impl Fn(Latency) -> u32) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (index, latency) in parts.enumerate() {
        if let Some(latency) = latency {
            let (x, y) = (index * 2 + 1, height(latency));
            // Writing into a String cannot fail.
            let _ = if drawing { write!(path, "L{x},{y}") } else { write!(path, "M{x},{y}h0") };
        }
        drawing = latency.is_some();
    }
    path
}

fn row(part: &Part, from: String) -> Row {
    Row {
        from,
        sent: part.sent,
        refused: part.refused,
        failed: part.failed,
        unknown: part.unknown,
        again: part.again,
        median: part.latency_ms.map(|latency| latency.median),
        p95: part.latency_ms.map(|latency| latency.p95),
    }
}
