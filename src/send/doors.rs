//! Whether messages may be begun now, by the campaign's hours.

use std::time::Duration;

use jiff::Timestamp;

use crate::campaign::hours::{Hours, Opening};
use crate::clock::Clock;

/// The longest wait between two looks at the clock: it may be set, and a computer may sleep.
const LOOK: Duration = Duration::from_secs(1);

/// Asks the hours no more often than needed.
#[derive(Debug)]
pub(crate) struct Doors {
    hours: Hours,
    /// From when until when it is known that they are open.
    open: Option<(Timestamp, Option<Timestamp>)>,
}

/// Whether messages may be begun now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hour {
    /// They may.
    Open,
    /// That depends on what the platform will say the time is.
    Unsure,
    /// They may not.
    Over,
}

impl Doors {
    /// Those of a campaign.
    pub(crate) fn of(hours: &Hours) -> Self {
        Self { hours: hours.clone(), open: None }
    }

    /// Whether there is anything to look at.
    pub(crate) fn may_close(&self) -> bool {
        self.hours.is_limited()
    }

    /// Whether they are open at a moment.
    ///
    /// # Errors
    ///
    /// When they open again, if they do, where they are closed.
    pub(crate) fn look(&mut self, now: Timestamp) -> Result<(), Option<Timestamp>> {
        let known = |(since, until): (Timestamp, Option<Timestamp>)| {
            now >= since && until.is_none_or(|until| now < until)
        };
        if self.open.is_some_and(known) {
            return Ok(());
        }
        match self.hours.at(now) {
            Opening::Open(until) => {
                self.open = Some((now, until));
                Ok(())
            }
            Opening::From(opens) => Err(Some(opens)),
            Opening::Over => Err(None),
        }
    }

    /// Waits until it is time to look again.
    pub(crate) async fn closing(&self, clock: &Clock) {
        let left =
            self.open.and_then(|(_, until)| until).map(|until| until.duration_since(clock.platform().until));
        let left = left.and_then(|left| Duration::try_from(left).ok());
        tokio::time::sleep(left.map_or(LOOK, |left| clock.takes(left)).min(LOOK)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::hours::Span;
    use crate::campaign::moment::{parse, usual_zone};

    #[test]
    fn a_clock_that_is_set_back_closes_what_it_had_opened() {
        let zone = usual_zone();
        let mut hours = Hours::always(zone.clone());
        hours.spans = vec![Span::parse("09:00-12:00").expect("a span")];
        let time = |text| parse(text, &zone).expect("a time");
        let mut doors = Doors::of(&hours);
        assert_eq!(doors.look(time("2026-11-27 09:30")), Ok(()));
        assert_eq!(doors.look(time("2026-11-27 11:59")), Ok(()));
        assert_eq!(doors.look(time("2026-11-27 08:30")), Err(Some(time("2026-11-27 09:00"))));
        assert_eq!(doors.look(time("2026-11-27 12:00")), Err(Some(time("2026-11-28 09:00"))));
    }
}
