//! When messages may leave.

use jiff::tz::TimeZone;

use crate::campaign::file::{Outside, SendTable};
use crate::campaign::hours::{Days, Hours, Span};
use crate::campaign::moment;
use crate::campaign::validate::check::Check;
use crate::diagnostic::place::FieldPath;

impl Check<'_> {
    pub(super) fn hours(&mut self, send: &SendTable) -> Option<Hours> {
        let at = FieldPath::of("send");
        let zone = self.zone(send.zone.as_deref(), &at.key("zone"));
        let spans = self.spans(send.hours.as_deref(), &at.key("hours"));
        let days = self.days(send.days.as_deref(), &at.key("days"));
        let usual = moment::usual_zone();
        let mut time = |key: &str, given: &Option<String>| {
            let text = given.as_ref()?;
            // Stands in for a zone that could not be read, so that the faults of the times are reported as well.
            let time = moment::parse(text, zone.as_ref().unwrap_or(&usual));
            if time.is_none() {
                self.bad(&at.key(key), text, "2026-11-26 10:00, 2026-11-26T10:00:00+08:00");
            }
            time
        };
        let (not_before, not_after) =
            (time("not_before", &send.not_before), time("not_after", &send.not_after));
        if let (Some(first), Some(last)) = (not_before, not_after)
            && first >= last
        {
            let text = send.not_after.as_deref().expect("a time was read from it");
            self.bad(&at.key("not_after"), text, "> send.not_before");
        }
        let outside = send.outside.unwrap_or(Outside::Pause);
        let (spans, days, zone) = (spans?, days?, zone?);
        Some(Hours { spans, days, zone, not_before, not_after, outside, within: Vec::new() })
    }

    /// The parts of a day.
    pub(super) fn spans(&mut self, given: Option<&[String]>, at: &FieldPath) -> Option<Vec<Span>> {
        self.each(given, at, "09:00-12:00, 22:00-02:00", Span::parse)
    }

    /// The days of the week; all where none is named.
    pub(super) fn days(&mut self, given: Option<&[String]>, at: &FieldPath) -> Option<Days> {
        let days = self.each(given, at, "mon-fri, sat", |text| {
            let mut days = Days::NONE;
            days.add(text).then_some(days)
        })?;
        Some(if days.is_empty() { Days::ALL } else { days.into_iter().fold(Days::NONE, Days::or) })
    }

    /// A zone by its name, the usual one where none is named.
    pub(super) fn zone(&mut self, name: Option<&str>, at: &FieldPath) -> Option<TimeZone> {
        let Some(name) = name else { return Some(moment::usual_zone()) };
        let zone = moment::zone(name);
        if zone.is_none() {
            self.bad(at, name, "Asia/Shanghai, Europe/Berlin, UTC");
        }
        zone
    }
}
