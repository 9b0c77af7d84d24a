//! `[audience.window]`: until when each person can be sent anything.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::audience::wishes::{ColumnFormat, Pattern};
use crate::campaign::duration;
use crate::campaign::file::{Missing, WindowTable};
use crate::campaign::validate::check::Check;
use crate::campaign::window::Window;
use crate::diagnostic::place::FieldPath;
use crate::message::AccountKind;

impl Check<'_> {
    pub(super) fn window(&mut self, table: &WindowTable, kind: AccountKind) -> Option<Window> {
        let at = FieldPath::of("audience.window");
        let column = self.required(table.column.as_ref(), &at.key("column"));
        let zone = self.zone(table.zone.as_deref(), &at.key("zone"));
        let length = |check: &mut Self, key: &str, text: Option<&String>| -> Option<Option<SignedDuration>> {
            let Some(text) = text else { return Some(None) };
            let nothing = matches!(text.trim(), "0" | "0s" | "0m" | "0h");
            let length = if nothing { Some(Duration::ZERO) } else { duration::parse(text) };
            let length = length.and_then(|length| SignedDuration::try_from(length).ok());
            if length.is_none() {
                check.bad(&at.key(key), text, "10m, 48h");
            }
            length.map(Some)
        };
        let margin = length(self, "margin", table.margin.as_ref());
        let lasts = length(self, "length", table.length.as_ref());
        let format = table.format.as_ref().filter(|format| *format != "auto");
        if let Some(format) = format.filter(|format| !reads_a_date(format)) {
            self.bad(&at.key("format"), format, "auto, %d/%m/%Y %H:%M, %Y%m%d%H%M%S");
            return None;
        }
        Some(Window {
            column: column?.clone(),
            event: table.event.clone(),
            used: table.used.clone(),
            zone: zone?,
            format: format.cloned(),
            missing: table.missing.unwrap_or(Missing::Send),
            margin: margin?.unwrap_or(SignedDuration::from_mins(10)),
            length: lasts?,
            messages: table.messages,
            kind,
            pay: table.pay.unwrap_or(false),
        })
    }
}

/// The formats of a workbook's columns, the times of windows among them: whatever a sheet shows of a date, its cell holds
/// the exact time.
pub(super) fn exact_times(
    mut formats: Vec<(String, ColumnFormat)>,
    window: Option<&Window>,
) -> Vec<(String, ColumnFormat)> {
    if let Some(window) = window
        && !formats.iter().any(|(name, _)| *name == window.column)
    {
        let pattern = window.format.clone().unwrap_or_else(|| "%Y-%m-%d %H:%M:%S".to_owned());
        formats.push((window.column.clone(), ColumnFormat::Date(Pattern::Strftime(pattern))));
    }
    formats
}

/// Whether a pattern can be written and read back, day and all.
fn reads_a_date(pattern: &str) -> bool {
    let sample = jiff::civil::date(2026, 12, 31).at(23, 59, 59, 0).to_zoned(TimeZone::UTC);
    let written = sample.ok().and_then(|sample| strtime::format(pattern, &sample).ok());
    let read = written.and_then(|text| strtime::parse(pattern, text).ok());
    read.is_some_and(|read| read.to_date().is_ok() || read.to_timestamp().is_ok())
}
