//! Lengths of time in campaign files and flags: `30s`, `1m 30s`, `500ms`.

use std::time::Duration;

use jiff::SignedDuration;

/// Reads a length of time above zero. Anything else gives nothing.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let length: SignedDuration = text.parse().ok()?;
    Duration::try_from(length).ok().filter(|length| !length.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_spellings_are_read() {
        assert_eq!(parse("30s"), Some(Duration::from_secs(30)));
        assert_eq!(parse("1m 30s"), Some(Duration::from_secs(90)));
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
    }

    #[test]
    fn zero_negative_and_unitless_lengths_are_refused() {
        for text in ["0s", "-5s", "30", "", "soon"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
