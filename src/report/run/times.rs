//! What WeChat's answers say of the times in the audience.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::delivery::ages::{Ages, TimesOff};
use crate::locale::Catalog;

/// How old people's last contact was, by the audience, when WeChat answered; by the age in whole hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Times {
    /// Messages that were accepted.
    pub accepted: BTreeMap<u64, u64>,
    /// Messages that were refused with 45015.
    pub refused: BTreeMap<u64, u64>,
    /// By how many hours the times look wrong; `null` where they do not, or it cannot be told.
    pub hours_off: Option<u64>,
}

impl Times {
    /// Of some answers; nothing where there are none.
    pub(crate) fn of(ages: &Ages) -> Option<Self> {
        let hours_off = match ages.times_off() {
            Some(TimesOff::By { hours, from: _ }) => Some(hours),
            Some(TimesOff::Perhaps) | None => None,
        };
        let Ages { accepted, refused } = ages.clone();
        (ages.all() > 0).then_some(Self { accepted, refused, hours_off })
    }
}

/// That the times look wrong, where they do.
pub(crate) fn sentence(ages: &Ages, words: &Catalog) -> Option<String> {
    let (count, answered) = (ages.all_refused(), ages.all());
    Some(match ages.times_off()? {
        TimesOff::By { hours, from } => words.say(
            "windows.off-by",
            &[("count", &count), ("answered", &answered), ("hours", &hours), ("from", &from)],
        ),
        TimesOff::Perhaps => words.say("windows.off", &[("count", &count), ("answered", &answered)]),
    })
}
