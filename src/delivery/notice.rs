//! What is worth noting of a run beside its messages, because it is rare and explains the rest: tokens, another pace,
//! the moment it began to stop.

use serde::{Deserialize, Serialize};

use crate::delivery::event::{Event, PaceChange};
use crate::delivery::stop::StopReason;
use crate::wechat::token::fetch::TokenFetch;

/// Something to note. As JSON it is what the journal keeps: keys and words are the format, and never change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Notice {
    /// A token was asked for.
    Token(TokenFetch),
    /// The whole process sends more slowly, or faster again.
    Pace {
        /// The ceiling from then on, in messages a second.
        per_second: f64,
        /// Why.
        why: PaceChange,
    },
    /// The run began to stop, for this reason; a graver one may have come while it waited for what was in flight.
    Stopping {
        /// A stable word, with the errcode where there is one.
        reason: StopReason,
    },
}

impl Notice {
    /// What is to be noted of an event, if anything.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Pace { per_second, why } => Some(Self::Pace { per_second: *per_second, why: *why }),
            Event::Draining(stop) => Some(Self::Stopping { reason: stop.reason() }),
            Event::Settled { .. }
            | Event::Skipped
            | Event::Resting { .. }
            | Event::Retrying { .. }
            | Event::Uploading { .. }
            | Event::Uploaded => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::delivery::stop::StopWord;
    use crate::wechat::token::fetch::{Giver, Need};

    #[test]
    fn what_the_journal_keeps_is_read_as_it_was_written() {
        let fetch = |from, ok, errcode| {
            Notice::Token(TokenFetch { at: Timestamp::default(), why: Need::Refused, from, ok, errcode })
        };
        let kept = [
            (fetch(Giver::Forced, true, None), r#"{"token":{"why":"refused","from":"forced","ok":true}}"#),
            (
                fetch(Giver::Platform, false, Some(40013)),
                r#"{"token":{"why":"refused","from":"platform","ok":false,"errcode":40013}}"#,
            ),
            (
                Notice::Pace { per_second: 2.5, why: PaceChange::Throttled },
                r#"{"pace":{"per_second":2.5,"why":"throttled"}}"#,
            ),
            (
                Notice::Stopping { reason: StopReason::with_code(StopWord::Quota, 45009) },
                r#"{"stopping":{"reason":"quota 45009"}}"#,
            ),
        ];
        for (notice, text) in kept {
            assert_eq!(serde_json::to_string(&notice).ok().as_deref(), Some(text));
            assert_eq!(serde_json::from_str::<Notice>(text).ok(), Some(notice));
        }
    }
}
