//! Percentages in campaign files: `30%`.

/// A part of a whole, in hundredths of a percent: with floats, 30 of 100 could be more than 30 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Percentage(u32);

impl Percentage {
    /// Everything.
    pub(crate) const WHOLE: Self = Self(10_000);

    /// Whole percent, at most a hundred.
    pub(crate) const fn percent(percent: u32) -> Self {
        Self(if percent > 100 { 10_000 } else { percent * 100 })
    }

    /// Reads `30%` or `0.5%`, from 0 to 100, at most two decimals.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = text.trim().strip_suffix('%')?.trim();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 2 || !digits(whole) || !digits(decimals) {
            return None;
        }
        let value: u32 = format!("{whole}{decimals:0<2}").parse().ok()?;
        (value <= Self::WHOLE.0).then_some(Self(value))
    }

    /// Whether it is nothing.
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// This share of a whole, rounded up.
    pub(crate) fn of(self, whole: u64) -> u64 {
        let share = (u128::from(whole) * u128::from(self.0)).div_ceil(u128::from(Self::WHOLE.0));
        u64::try_from(share).expect("a share of a whole is no more than it")
    }

    /// Whether `part` of `whole` is more than this share.
    pub(crate) fn exceeded_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(Self::WHOLE.0) > u128::from(whole) * u128::from(self.0)
    }
}

impl std::fmt::Display for Percentage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, decimals) = (self.0 / 100, self.0 % 100);
        if decimals == 0 { write!(f, "{whole}%") } else { write!(f, "{whole}.{decimals:02}%") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read() {
        assert_eq!(Percentage::parse("30%"), Some(Percentage::percent(30)));
        assert_eq!(Percentage::parse("0.5%").map(|share| share.to_string()).as_deref(), Some("0.50%"));
        for text in ["30", "101%", "-1%", "1.234%", "%", "1.%x"] {
            assert_eq!(Percentage::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_share_itself_is_not_more_than_itself() {
        assert!(!Percentage::percent(30).exceeded_by(30, 100));
        assert!(Percentage::percent(30).exceeded_by(31, 100));
        assert!(!Percentage::WHOLE.exceeded_by(100, 100));
    }
}
