//! What the platform says of the quota, in sentences.

use crate::campaign::Campaign;
use crate::cli::terminal::Terminal;
use crate::send::execution::quota::Asked;
use crate::wechat::account::CallError;
use crate::wechat::answer::reply::{Failure, Unclear};

/// Warns of a quota that is too small for so many messages, and of a rate above the limit. Warnings and no more:
/// a run that uses the quota up pauses, and `send` goes on with it later.
pub(crate) fn warn(asked: &Asked, campaign: &Campaign, count: u64, terminal: &Terminal) {
    let quota = match asked {
        Asked::Told(quota) => quota,
        Asked::NotTold(CallError::Answered(answer)) => {
            let reason = format!("{} {}", answer.code, answer.errmsg.text());
            return terminal.say("quota.not-told", &[("reason", &reason)]);
        }
        Asked::NotTold(CallError::NoAnswer(Failure::Unclear(Unclear::Unreadable(_)))) => {
            return terminal.say("quota.unreadable", &[]);
        }
        Asked::NotTold(CallError::NoAnswer(_)) | Asked::TooSlow => {
            return terminal.say("quota.no-answer", &[]);
        }
        Asked::NoToken => return,
    };
    if let Some(day) = quota.day.filter(|day| day.remain < count) {
        terminal
            .warn("quota.too-small", &[("count", &count), ("remain", &day.remain), ("limit", &day.limit)]);
    }
    let ceiling = campaign.send.ceiling();
    if let Some(rate) = quota.rate.filter(|rate| rate.is_exceeded_by(ceiling)) {
        terminal.warn(
            "quota.too-fast",
            &[
                ("rate", &format!("{ceiling:.0}")),
                ("calls", &rate.calls),
                ("seconds", &rate.seconds),
                ("allowed", &format!("{:.0}/min", (rate.per_second() * 60.0).floor().max(1.0))),
            ],
        );
    }
}
