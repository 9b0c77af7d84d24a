//! The daily quota and the limit per minute of `message/custom/send` (docs/platform.md#quotas).

use std::time::Duration;

use crate::simulator::scenario::QuotaTable;

/// What is reported where the scenario sets no daily quota: more than any rehearsal needs.
const WITHOUT_QUOTA: u64 = 1_000_000_000;
const DAY: Duration = Duration::from_secs(86_400);

/// The calls counted so far.
#[derive(Debug)]
pub(crate) struct Quota {
    table: QuotaTable,
    used: u64,
    day: u64,
    in_window: u64,
    window: u128,
}

/// The figures of `openapi/quota/get`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) daily_limit: u64,
    pub(crate) used: u64,
    pub(crate) remain: u64,
    /// Calls, and the seconds in which they are allowed.
    pub(crate) rate_limit: Option<(u64, u64)>,
}

impl Quota {
    pub(crate) fn new(table: &QuotaTable) -> Self {
        Self { table: table.clone(), used: table.used, day: 0, in_window: 0, window: 0 }
    }

    /// Counts one call.
    ///
    /// # Errors
    ///
    /// 45011 or 45009, where there is no room for it; such a call is not counted.
    pub(crate) fn take(&mut self, now: Duration) -> Result<(), i64> {
        self.turn(now);
        if self.table.per_minute.is_some_and(|most| self.in_window >= most) {
            return Err(45011);
        }
        if self.table.daily.is_some_and(|most| self.used >= most) {
            return Err(45009);
        }
        self.in_window += 1;
        self.used += 1;
        Ok(())
    }

    /// What `openapi/quota/get` says.
    pub(crate) fn figures(&mut self, now: Duration) -> Figures {
        self.turn(now);
        let daily_limit = self.table.daily.unwrap_or(WITHOUT_QUOTA);
        let seconds = self.table.window.0.as_secs().max(1);
        Figures {
            daily_limit,
            used: self.used,
            remain: daily_limit.saturating_sub(self.used),
            rate_limit: self.table.per_minute.map(|calls| (calls, seconds)),
        }
    }

    /// `clear_quota`: the day begins anew.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// Begins a new day or a new window when it is time.
    fn turn(&mut self, now: Duration) {
        let day = now.as_secs() / DAY.as_secs();
        if day != self.day {
            (self.day, self.used) = (day, 0);
        }
        let window = now.as_millis() / self.table.window.0.as_millis().max(1);
        if window != self.window {
            (self.window, self.in_window) = (window, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::units::Span;

    #[test]
    fn the_day_and_the_minute_begin_anew() {
        let table = QuotaTable { daily: Some(3), used: 0, per_minute: Some(2), window: Span::seconds(60) };
        let mut quota = Quota::new(&table);
        let at = Duration::from_secs;
        let taken: Vec<_> = [0, 59, 59, 60, 61].map(|second| quota.take(at(second))).into();
        assert_eq!(taken, [Ok(()), Ok(()), Err(45011), Ok(()), Err(45009)]);
        assert_eq!(
            quota.figures(at(61)),
            Figures { daily_limit: 3, used: 3, remain: 0, rate_limit: Some((2, 60)) }
        );
        assert_eq!(quota.take(at(86_400)), Ok(()));
        quota.clear();
        assert_eq!(quota.figures(at(86_400)).remain, 3);
    }

    #[test]
    fn without_a_quota_nothing_is_refused() {
        let mut quota = Quota::new(&QuotaTable::default());
        for _ in 0..1000 {
            assert_eq!(quota.take(Duration::ZERO), Ok(()));
        }
        assert_eq!(quota.figures(Duration::ZERO).rate_limit, None);
    }
}
