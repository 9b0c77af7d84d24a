//! A ramp: a small part of the audience first, then more, then everybody.

use std::fmt;
use std::time::Duration;

use crate::campaign::percentage::Percentage;

/// In which steps an audience is sent a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ramp {
    /// How many have been sent it at the end of each step; the last one is everybody.
    pub(crate) steps: Vec<Step>,
    /// What comes between two steps.
    pub(crate) wait: Rest,
    /// What ends it before the next step.
    pub(crate) halt: Halt,
}

/// How many have been sent the message at the end of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many.
    Count(u64),
    /// Such a share of all.
    Share(Percentage),
}

/// What comes between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing: the next step begins as soon as the answers of the last one are in.
    None,
    /// So much time.
    For(Duration),
    /// The run ends, and the next `send` goes on.
    Ask,
}

/// What ends a ramp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Halt {
    /// More than this share of a step's answers is a refusal.
    pub(crate) refused: Percentage,
    /// So many of a step's outcomes are unknown; none never.
    pub(crate) unknown: Option<u64>,
}

impl Step {
    /// Reads `20` or `5%`; nothing for none and for more than all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse() {
            Ok(count) => Some(Self::Count(count)).filter(|_| count > 0),
            Err(_) => Percentage::parse(text).filter(|share| !share.is_none()).map(Self::Share),
        }
    }

    /// Whether it is everybody, however many they are.
    pub(crate) fn is_all(self) -> bool {
        self == Self::Share(Percentage::WHOLE)
    }

    /// Whether this one is known to be more than another. Of a number and a share only the audience knows.
    pub(crate) fn is_above(self, other: Self) -> bool {
        match (self, other) {
            (Self::Count(one), Self::Count(other)) => one > other,
            (Self::Share(one), Self::Share(other)) => one > other,
            (Self::Count(_), Self::Share(_)) | (Self::Share(_), Self::Count(_)) => true,
        }
    }

    fn of(self, total: u64) -> u64 {
        match self {
            Self::Count(count) => count.min(total),
            Self::Share(share) => share.of(total),
        }
    }
}

impl Ramp {
    /// How many of so many messages have been sent at the end of each step.
    pub(crate) fn sizes(&self, total: u64) -> Vec<u64> {
        let mut most = 0;
        self.steps
            .iter()
            .map(|step| {
                most = most.max(step.of(total));
                most
            })
            .collect()
    }
}

impl Halt {
    /// Whether so many refusals, of which so many of a step's messages can become answers, end the ramp.
    pub(crate) fn is_reached(self, refused: u64, answers: u64, unknown: u64) -> bool {
        self.refused.exceeded_by(refused, answers) || self.unknown.is_some_and(|most| unknown >= most)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Share(share) => share.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(steps: &[&str]) -> Ramp {
        let steps = steps.iter().map(|step| Step::parse(step).expect("a step")).collect();
        let halt = Halt { refused: Percentage::percent(10), unknown: Some(1) };
        Ramp { steps, wait: Rest::None, halt }
    }

    #[test]
    fn a_step_is_a_number_or_a_share_of_somebody() {
        for text in ["", "0", "0%", "101%", "-5", "5.5", "all", "5 %x"] {
            assert_eq!(Step::parse(text), None, "{text}");
        }
        assert_eq!(Step::parse(" 20 "), Some(Step::Count(20)));
        assert!(Step::parse("100%").expect("a step").is_all());
    }

    #[test]
    fn steps_grow_and_the_last_one_is_everybody() {
        assert_eq!(ramp(&["20", "5%", "100%"]).sizes(12_000), [20, 600, 12_000]);
        assert_eq!(ramp(&["20", "5%", "100%"]).sizes(100), [20, 20, 100], "a step may be empty");
        assert_eq!(ramp(&["20", "5%", "100%"]).sizes(7), [7, 7, 7]);
        assert_eq!(ramp(&["1%", "100%"]).sizes(7), [1, 7], "a share of somebody is somebody");
        assert_eq!(ramp(&["1%", "100%"]).sizes(0), [0, 0]);
    }

    #[test]
    fn a_ramp_ends_above_its_share_and_at_its_number() {
        let halt = ramp(&["100%"]).halt;
        let reached = [(2, 20, 0), (3, 20, 0), (0, 20, 1), (0, 0, 0)];
        let reached = reached.map(|(refused, answers, unknown)| halt.is_reached(refused, answers, unknown));
        assert_eq!(reached, [false, true, true, false]);
        let never = Halt { refused: Percentage::WHOLE, unknown: None };
        assert!(!never.is_reached(20, 20, 20));
    }
}
