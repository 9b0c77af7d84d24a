//! Answers over time: how many there were in each part of a run, and how long they took.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::delivery::outcome::Status;

/// A run has at most so many parts.
const PARTS: i64 = 60;
/// The lengths a part can have, in seconds: those that clocks have.
const LENGTHS: [i64; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/// An answer, or what took its place. 32 bytes a message are kept while a report is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// When it came.
    pub(crate) at: Timestamp,
    /// How long it took, in milliseconds.
    pub(crate) latency_ms: Option<u32>,
    /// What it settled; nothing where its message was tried again.
    pub(crate) status: Option<Status>,
}

/// The answers of one run, in parts of equal length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Timeline {
    /// The run.
    pub run: i64,
    /// How long a part is.
    pub seconds: i64,
    /// The parts, one after another from the run's beginning. What was tried again in a later run is in that one.
    pub parts: Vec<Part>,
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Part {
    /// When it begins.
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// Messages that were sent.
    pub sent: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Messages that failed.
    pub failed: u64,
    /// Messages of which nobody knew then whether they arrived.
    pub unknown: u64,
    /// Attempts that were followed by another one.
    pub again: u64,
    /// How long the answers took.
    pub latency_ms: Option<Latency>,
}

/// How long answers took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Latency {
    /// Half of them took no longer.
    pub median: u32,
    /// 95 of 100 took no longer.
    pub p95: u32,
    /// None took longer.
    pub max: u32,
}

impl Latency {
    /// Of some answers; nothing where there are none.
    pub(crate) fn of(mut all: Vec<u32>) -> Option<Self> {
        all.sort_unstable();
        let share = |of_100: usize| all.get((all.len() * of_100).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { median: share(50)?, p95: share(95)?, max: share(100)? })
    }
}

impl Timeline {
    /// The timeline of a run. `answers` are those of all runs, in the order of their times; those before the run's
    /// beginning and after its end are others'. Gives nothing where the run had none.
    pub(crate) fn of(
        run: i64,
        started: Timestamp,
        ended: Option<Timestamp>,
        answers: &[Answer],
    ) -> Option<Self> {
        let from = answers.partition_point(|answer| answer.at < started);
        let to = ended.map_or(answers.len(), |ended| answers.partition_point(|answer| answer.at <= ended));
        let answers = answers.get(from..to)?;
        let length = answers.last()?.at.as_second() - started.as_second() + 1;
        let usual = LENGTHS.into_iter().find(|seconds| length.div_euclid(*seconds) < PARTS);
        let seconds = usual.unwrap_or(length / PARTS + 1);
        let mut rest = answers;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let number = i64::try_from(parts.len()).unwrap_or(i64::MAX);
            let begin = started.as_second().saturating_add(number.saturating_mul(seconds));
            let end = begin.saturating_add(seconds);
            let (inside, later) = rest.split_at(rest.partition_point(|answer| answer.at.as_second() < end));
            parts.push(part(Timestamp::from_second(begin).unwrap_or(started), inside));
            rest = later;
        }
        Some(Self { run, seconds, parts })
    }
}

fn part(from: Timestamp, answers: &[Answer]) -> Part {
    let mut part = Part { from, sent: 0, refused: 0, failed: 0, unknown: 0, again: 0, latency_ms: None };
    for answer in answers {
        match answer.status {
            Some(Status::Sent) => part.sent += 1,
            Some(Status::Refused) => part.refused += 1,
            Some(Status::Failed) => part.failed += 1,
            Some(Status::Unknown) => part.unknown += 1,
            None | Some(Status::Unsent | Status::Skipped) => part.again += 1,
        }
    }
    part.latency_ms = Latency::of(answers.iter().filter_map(|answer| answer.latency_ms).collect());
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("a time")
    }

    fn answer(second: i64, status: Option<Status>) -> Answer {
        Answer { at: at(second), latency_ms: Some(u32::try_from(second + 1).expect("positive")), status }
    }

    #[test]
    fn every_answer_of_a_run_is_in_exactly_one_part() {
        let answers: Vec<Answer> = (0..1000).map(|second| answer(second, Some(Status::Sent))).collect();
        let line = Timeline::of(1, at(100), Some(at(899)), &answers).expect("a timeline");
        assert_eq!(line.parts.iter().map(|part| part.sent).sum::<u64>(), 800);
        assert_eq!((line.seconds, line.parts.len()), (15, 54));
        assert_eq!(line.parts[1].from, at(115));
    }

    #[test]
    fn a_quiet_part_is_there_and_blank() {
        let answers = [answer(0, None), answer(2, Some(Status::Unknown))];
        let line = Timeline::of(7, at(0), None, &answers).expect("a timeline");
        let told: Vec<(u64, u64)> = line.parts.iter().map(|part| (part.again, part.unknown)).collect();
        assert_eq!(told, [(1, 0), (0, 0), (0, 1)]);
        assert_eq!(line.parts[1].latency_ms, None);
        assert_eq!(Timeline::of(8, at(3), None, &answers), None, "no answer in it");
    }

    #[test]
    fn shares_of_latencies_are_those_of_the_nearest_rank() {
        let all = Latency::of((1..=200).rev().collect());
        assert_eq!(all, Some(Latency { median: 100, p95: 190, max: 200 }));
        assert_eq!(Latency::of(vec![7]), Some(Latency { median: 7, p95: 7, max: 7 }));
        assert_eq!(Latency::of(Vec::new()), None);
    }
}
