//! Why a run stopped, as a sentence.

use crate::delivery::stop::{Detail, StopReason};
use crate::locale::Catalog;
use crate::wechat::answer::error_code;

/// The sentence of a reason to stop, and of the errcode in it.
pub(crate) fn why(reason: &StopReason, words: &Catalog) -> String {
    let (word, detail) = match reason {
        StopReason::Known(word, detail) => (word, detail),
        // There are no words here for what a later version has written.
        StopReason::Foreign(text) => return text.clone(),
    };
    let sentence = words.say(&format!("report.reason.{}", word.name()), &[]);
    match detail {
        Some(Detail::Code(code)) => {
            let meaning = words.say(&format!("errcode.{}.meaning", error_code::key(*code)), &[]);
            words.say("report.reason-code", &[("reason", &sentence), ("code", code), ("meaning", &meaning)])
        }
        Some(Detail::Incident(_)) | None => sentence,
    }
}
