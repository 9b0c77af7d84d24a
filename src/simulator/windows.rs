//! Who may be written to, until when and how often (docs/platform.md#windows). The rules are written down here once
//! more: the simulator shares none of the sender's opinions.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::simulator::misfit::{RowMisfit, misfit};
use crate::simulator::units::Start;

/// How long a message and a payment open.
const LONG: Duration = Duration::from_secs(48 * 3600);
/// How long everything else opens.
const SHORT: Duration = Duration::from_secs(60);

/// Everybody's window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Windows(HashMap<String, Open>);

/// One person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    /// When it ends, in seconds since 1970.
    until: u64,
    /// How many messages it still takes; without a number, any.
    left: Option<u32>,
}

/// What an event opens: for how long and how many messages.
fn opens(event: &str) -> Option<(Duration, Option<u32>)> {
    Some(match event.to_lowercase().as_str() {
        "message" | "text" | "image" | "voice" | "video" | "shortvideo" | "location" | "link" => {
            (LONG, Some(5))
        }
        "menu" | "click" | "scancode_push" | "scancode_waitmsg" | "subscribe" | "scan" => (SHORT, Some(3)),
        "enter" | "user_enter_tempsession" => (SHORT, Some(2)),
        "pay" => (LONG, None),
        _ => return None,
    })
}

impl Windows {
    /// Reads a CSV with the columns `openid`, `time` and, where it is not always a message, `event`. Times are seconds
    /// since 1970, or what a scenario writes as a moment.
    pub(crate) fn parse(text: &str) -> Result<Self, RowMisfit> {
        let mut windows = Self::default();
        let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let names = rows.headers().map_err(|error| RowMisfit::of_parser(&error))?.clone();
        let column = |name: &str| names.iter().position(|known| known.trim() == name);
        let missing = |name: &str| RowMisfit::of_header(misfit("times-column", &[("name", &name)]));
        let openid = column("openid").ok_or_else(|| missing("openid"))?;
        let time = column("time").ok_or_else(|| missing("time"))?;
        let event = column("event");
        for row in rows.records() {
            let row = row.map_err(|error| RowMisfit::of_parser(&error))?;
            let cell = |column: usize| row.get(column).unwrap_or("").trim();
            let seconds =
                cell(time).parse::<i64>().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
            let at = seconds.or_else(|| Some(Start::parse(cell(time))?.0));
            let at = at.and_then(|at| u64::try_from(at.as_second()).ok());
            let at = at.ok_or_else(|| RowMisfit::of_time(&row, time, "time", cell(time)))?;
            let event = event.map(cell).filter(|event| !event.is_empty()).unwrap_or("message");
            windows.interact(cell(openid), event, at);
        }
        Ok(windows)
    }

    /// Opens a window that somebody else has worked out.
    pub(crate) fn open(&mut self, openid: &str, until: u64) {
        let open = self.0.entry(openid.to_owned()).or_insert(Open { until, left: None });
        open.until = open.until.max(until);
    }

    /// Somebody does something. A message starts anew; of anything else the later end and the larger count hold. What
    /// opens nothing changes nothing.
    pub(crate) fn interact(&mut self, openid: &str, event: &str, at: u64) {
        let Some((length, left)) = opens(event) else { return };
        let new = Open { until: at + length.as_secs(), left };
        let anew = length == LONG && left.is_some();
        let open = self.0.entry(openid.to_owned()).or_insert(new);
        let left = match (open.left, new.left) {
            (Some(before), Some(left)) => Some(before.max(left)),
            (None, _) | (_, None) => None,
        };
        *open = if anew && new.until >= open.until {
            new
        } else {
            Open { until: open.until.max(new.until), left }
        };
    }

    /// Takes a message to a person.
    ///
    /// # Errors
    ///
    /// The errcode of the refusal: no window, or one that takes no more.
    pub(crate) fn take(&mut self, openid: &str, now: u64) -> Result<(), i64> {
        let open = self.0.get_mut(openid).filter(|open| now < open.until).ok_or(45015_i64)?;
        match &mut open.left {
            None => Ok(()),
            Some(0) => Err(45047),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_takes_five_messages_in_two_days_and_a_tap_three_in_a_minute() {
        let mut windows =
            Windows::parse("openid,time,event\na,1000,text\nb,1000,CLICK\nc,1970-01-01T00:00:00Z,VIEW\n")
                .expect("a good file");
        let mut take = |openid: &str, now| windows.take(openid, now);
        assert_eq!(
            [0; 6].map(|_| take("a", 1000 + 172_799)),
            [Ok(()), Ok(()), Ok(()), Ok(()), Ok(()), Err(45047)]
        );
        assert_eq!(take("a", 1000 + 172_800), Err(45015));
        assert_eq!([0; 4].map(|_| take("b", 1059)), [Ok(()), Ok(()), Ok(()), Err(45047)]);
        assert_eq!((take("b", 1060), take("c", 0), take("d", 0)), (Err(45015), Err(45015), Err(45015)));
        windows.interact("a", "image", 500_000);
        assert_eq!(windows.take("a", 500_001), Ok(()));
    }

    #[test]
    fn what_is_no_file_of_times_is_told() {
        for text in ["openid\na\n", "openid,time\na,soon\n", "openid,time\na\n"] {
            assert!(Windows::parse(text).is_err(), "{text}");
        }
    }
}
