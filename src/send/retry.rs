//! Whether a message is tried again. Pure: no clock, no network.

use std::time::Duration;

use crate::delivery::outcome::Outcome;
use crate::wechat::answer::error_code::{Class, class_of};
use crate::wechat::answer::reply::{Answer, Failure};

/// What an answer, or the lack of one, means for the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// WeChat took it.
    Sent,
    /// Refused for good, for this recipient.
    Refused,
    /// Refused because of the content.
    Content,
    /// Not delivered; the platform is busy or out of reach.
    Busy {
        /// How long the server asks to wait.
        at_least: Option<Duration>,
    },
    /// Not delivered; something turns requests down before anything is done.
    Declined {
        /// The HTTP status.
        status: u16,
    },
    /// Not delivered; too many requests a minute.
    Throttled,
    /// Not delivered; the token is refused.
    TokenRefused,
    /// Not delivered; a media id that wxcast uploaded is dead.
    MediaDead,
    /// Not delivered; the quota is used up.
    Quota,
    /// Not delivered; the account cannot send.
    Account,
    /// It may have been delivered.
    Unknown,
}

impl Verdict {
    /// Classifies what came of a request for a message with media ids that wxcast uploaded. A dead one is replaced
    /// once; what is refused with a fresh one is refused.
    pub(crate) fn of_media(result: &Result<Answer, Failure>, counts: &RetryCounts) -> Self {
        match result {
            Ok(answer) if answer.code == DEAD_MEDIA && counts.media == 0 => Self::MediaDead,
            Ok(_) | Err(_) => Self::of(result),
        }
    }

    /// Classifies what came of a request.
    pub(crate) fn of(result: &Result<Answer, Failure>) -> Self {
        match result {
            Ok(answer) => match class_of(answer.code) {
                Class::Ok => Self::Sent,
                Class::Busy => Self::Busy { at_least: None },
                Class::Token => Self::TokenRefused,
                // The platform never gives this code for a message, but it is an answer, and no success.
                Class::Recipient | Class::NotForSending => Self::Refused,
                Class::Account => Self::Account,
                Class::Content => Self::Content,
                Class::Quota => Self::Quota,
                Class::Throttle => Self::Throttled,
            },
            Err(Failure::NotConnected(_)) => Self::Busy { at_least: None },
            Err(Failure::TurnedAway { retry_after, .. }) => Self::Busy { at_least: *retry_after },
            Err(Failure::Declined { status }) => Self::Declined { status: *status },
            Err(Failure::Unclear(_)) => Self::Unknown,
        }
    }
}

/// `invalid media_id` (docs/platform.md#upload-errors). The message is certainly not delivered.
const DEAD_MEDIA: i64 = 40007;

/// What happens to the message next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is tried again after a while.
    Again(Duration),
    /// It is settled, for this run at least.
    Settle(Outcome),
}

/// How often a message was put off so far in this run, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RetryCounts {
    /// Because the platform was busy or out of reach.
    pub(crate) busy: u32,
    /// Because of the rate.
    pub(crate) throttled: u32,
    /// Because of its token.
    pub(crate) token: u32,
    /// Because of a media id.
    pub(crate) media: u32,
}

/// A server may ask to wait, but not for longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// A minute's limit passes within minutes; whoever is still throttled then will not be let through.
const MOST_THROTTLED: u32 = 10;

/// Decides what happens next, and counts it in `counts`. `retries` is how often a message that was certainly
/// not delivered is tried again; `pause` gives the wait before the next try, from the number of those made.
pub(crate) fn next(
    verdict: &Verdict,
    retries: u32,
    counts: &mut RetryCounts,
    pause: impl Fn(u32) -> Duration,
) -> Next {
    match verdict {
        Verdict::Sent => Next::Settle(Outcome::Sent),
        Verdict::Refused | Verdict::Content => Next::Settle(Outcome::Refused),
        Verdict::Unknown => Next::Settle(Outcome::Unknown),
        // Another request would be declined in the same way.
        Verdict::Account | Verdict::Declined { .. } => Next::Settle(Outcome::Failed),
        Verdict::Quota => Next::Settle(Outcome::Postponed),
        Verdict::Busy { at_least } => {
            counts.busy += 1;
            if counts.busy > retries {
                return Next::Settle(Outcome::Failed);
            }
            Next::Again(pause(counts.busy).max(at_least.unwrap_or(Duration::ZERO)).min(LONGEST_WAIT))
        }
        Verdict::Throttled => {
            counts.throttled += 1;
            if counts.throttled > MOST_THROTTLED {
                return Next::Settle(Outcome::Failed);
            }
            Next::Again(pause(counts.throttled))
        }
        Verdict::MediaDead => {
            counts.media += 1;
            Next::Again(Duration::ZERO)
        }
        Verdict::TokenRefused => {
            counts.token += 1;
            // A second refusal in a row stops the run. The message stays unsent and goes with the next run.
            if counts.token > 1 { Next::Settle(Outcome::Postponed) } else { Next::Again(Duration::ZERO) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::answer::errmsg::Errmsg;
    use crate::wechat::answer::reply::{NotAnswer, NotConnected, Unclear};

    fn answer(code: i64) -> Verdict {
        Verdict::of(&Ok(Answer { code, errmsg: Errmsg::parse("x") }))
    }

    fn seconds(tries: u32) -> Duration {
        Duration::from_secs(u64::from(tries))
    }

    #[test]
    fn only_what_is_certainly_not_delivered_is_tried_again() {
        let certain = [answer(-1), Verdict::of(&Err(Failure::NotConnected(NotConnected::Refused)))];
        for verdict in certain {
            assert_eq!(next(&verdict, 3, &mut RetryCounts::default(), seconds), Next::Again(seconds(1)));
        }
        for unclear in
            [Unclear::TimedOut, Unclear::Broken, Unclear::Status(502), Unclear::Unreadable(NotAnswer::Page)]
        {
            let verdict = Verdict::of(&Err(Failure::Unclear(unclear)));
            assert_eq!(
                next(&verdict, 3, &mut RetryCounts::default(), seconds),
                Next::Settle(Outcome::Unknown)
            );
        }
    }

    #[test]
    fn retries_are_counted_and_used_up() {
        let mut counts = RetryCounts::default();
        let steps: Vec<Next> = (0..4).map(|_| next(&answer(-1), 3, &mut counts, seconds)).collect();
        let again = |n| Next::Again(seconds(n));
        assert_eq!(steps, [again(1), again(2), again(3), Next::Settle(Outcome::Failed)]);
        assert_eq!(next(&answer(-1), 0, &mut RetryCounts::default(), seconds), Next::Settle(Outcome::Failed));
    }

    #[test]
    fn a_server_is_given_the_time_it_asks_for_within_reason() {
        let busy = |wait| Verdict::Busy { at_least: Some(Duration::from_secs(wait)) };
        let wait = |verdict| next(&verdict, 3, &mut RetryCounts::default(), seconds);
        assert_eq!(wait(busy(30)), Next::Again(Duration::from_secs(30)));
        assert_eq!(wait(busy(86_400)), Next::Again(LONGEST_WAIT));
    }

    #[test]
    fn a_refused_token_is_replaced_once() {
        let mut counts = RetryCounts::default();
        assert_eq!(next(&answer(42001), 3, &mut counts, seconds), Next::Again(Duration::ZERO));
        assert_eq!(next(&answer(40001), 3, &mut counts, seconds), Next::Settle(Outcome::Postponed));
    }

    #[test]
    fn a_dead_media_id_is_replaced_once() {
        let dead = Ok(Answer { code: 40007, errmsg: Errmsg::parse("x") });
        let mut counts = RetryCounts::default();
        let verdict = Verdict::of_media(&dead, &counts);
        assert_eq!(next(&verdict, 0, &mut counts, seconds), Next::Again(Duration::ZERO));
        assert_eq!(Verdict::of_media(&dead, &counts), Verdict::Content);
        assert_eq!(Verdict::of(&dead), Verdict::Content, "an id that the campaign gives");
    }

    #[test]
    fn the_table_of_the_contract_is_kept() {
        assert_eq!(answer(0), Verdict::Sent);
        assert_eq!(answer(45009), Verdict::Quota);
        assert_eq!(answer(45011), Verdict::Throttled);
        for fatal in [48001, 40013, 40125, 40164, 45087] {
            assert_eq!(answer(fatal), Verdict::Account, "{fatal}");
        }
        for refused in [45015, 45047, 40003, 123_456] {
            assert_eq!(answer(refused), Verdict::Refused, "{refused}");
        }
    }
}
