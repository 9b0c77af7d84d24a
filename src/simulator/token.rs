//! Access tokens: their life, their overlap, and what kills them (docs/platform.md#tokens,
//! docs/platform.md#token-errors).

use std::collections::HashMap;
use std::time::Duration;

use crate::simulator::dice;
use crate::simulator::scenario::TokenTable;

/// Forced refreshes a day (docs/platform.md#tokens).
const FORCED_A_DAY: u32 = 20;
/// Calls of the classic endpoint a day (docs/platform.md#tokens).
const CLASSIC_A_DAY: u32 = 2_000;
/// Keeps tokens apart from media ids.
const TOKEN_SALT: u64 = 0x746f_6b65_6e73;
const DAY: Duration = Duration::from_secs(86_400);

/// A token as a fetch gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) token: String,
    /// Seconds; what the platform says, which a scenario may make untrue.
    pub(crate) expires_in: u64,
}

/// Every token of the account. The two endpoints are isolated: a token of one never harms one of the other.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    stable: Series,
    classic: Series,
    /// Tokens that do not work any more, with the code that says so.
    dead: HashMap<String, i64>,
    issued: u64,
    fetches: usize,
    forced_at: Option<Duration>,
    forced: DayCount,
    classic_calls: DayCount,
}

/// The tokens of one endpoint: during an overlap two of them work.
#[derive(Debug, Default)]
struct Series {
    current: Option<Token>,
    previous: Option<Token>,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    ends: Duration,
}

#[derive(Debug, Default)]
struct DayCount {
    day: u64,
    count: u32,
}

impl DayCount {
    /// Counts one more on this day, unless that is more than `most`.
    fn take(&mut self, now: Duration, most: u32) -> bool {
        let day = now.as_secs() / DAY.as_secs();
        if day != self.day {
            *self = Self { day, count: 0 };
        }
        let room = self.count < most;
        self.count += u32::from(room);
        room
    }
}

impl Series {
    /// Puts a new token in front; the one before lives on for the overlap at most.
    fn renew(&mut self, token: Token, now: Duration, overlap: Duration) -> Option<Token> {
        let old = self.current.replace(token);
        let old = old.map(|old| Token { ends: old.ends.min(now + overlap), ..old });
        std::mem::replace(&mut self.previous, old)
    }

    fn find(&self, text: &str) -> Option<&Token> {
        self.current.iter().chain(&self.previous).find(|token| token.text == text)
    }

    fn drain(&mut self) -> impl Iterator<Item = Token> {
        self.current.take().into_iter().chain(self.previous.take())
    }
}

impl Tokens {
    /// A call of `stable_token`: the same token until the overlap at its end, then a new one. `force` kills
    /// the present one at once, unless the last force was a moment ago.
    ///
    /// # Errors
    ///
    /// The errcode of the refusal.
    pub(crate) fn stable(
        &mut self,
        table: &TokenTable,
        seed: u64,
        now: Duration,
        force: bool,
    ) -> Result<Grant, i64> {
        self.fail_first(table)?;
        let just_forced = self.forced_at.is_some_and(|at| now < at + table.force_interval.0);
        if force && !just_forced {
            if !self.forced.take(now, FORCED_A_DAY) {
                return Err(45009);
            }
            self.forced_at = Some(now);
            let killed: Vec<Token> = self.stable.drain().collect();
            self.bury(killed, 40001);
        }
        let good_for_now = self.stable.current.as_ref().filter(|token| token.ends > now + table.overlap());
        let token = match good_for_now {
            Some(token) => token.clone(),
            None => {
                let token = self.issue(table, seed, now);
                let forgotten = self.stable.renew(token.clone(), now, table.overlap());
                self.bury(forgotten, 42001);
                token
            }
        };
        Ok(grant(table, &token, now))
    }

    /// A call of the classic `token`: always a new one; the old one lives on for the overlap.
    ///
    /// # Errors
    ///
    /// The errcode of the refusal.
    pub(crate) fn classic(&mut self, table: &TokenTable, seed: u64, now: Duration) -> Result<Grant, i64> {
        self.fail_first(table)?;
        if !self.classic_calls.take(now, CLASSIC_A_DAY) {
            return Err(45009);
        }
        let token = self.issue(table, seed, now);
        let forgotten = self.classic.renew(token.clone(), now, table.overlap());
        // Pushed out by newer ones, not too old: "invalid or not latest".
        self.bury(forgotten, 40001);
        Ok(grant(table, &token, now))
    }

    /// Whether a call with this token may go on.
    ///
    /// # Errors
    ///
    /// The errcode of the refusal.
    pub(crate) fn check(&self, table: &TokenTable, text: Option<&str>, now: Duration) -> Result<(), i64> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Err(41001) };
        if table.always_refused {
            return Err(table.code.0);
        }
        if let Some(&code) = self.dead.get(text) {
            return Err(code);
        }
        if table.accept.iter().any(|accepted| accepted == text) {
            return Ok(());
        }
        match self.stable.find(text).or_else(|| self.classic.find(text)) {
            Some(token) if token.ends > now => Ok(()),
            Some(_) => Err(42001),
            None if has_the_shape(text) => Err(40001),
            None => Err(40014),
        }
    }

    /// Kills every token there is. With `sticky` the stable endpoint goes on handing the dead one out.
    pub(crate) fn die(&mut self, table: &TokenTable) {
        let kept = table.sticky.then(|| self.stable.current.clone()).flatten();
        let killed: Vec<Token> = self.stable.drain().chain(self.classic.drain()).collect();
        self.bury(killed, table.code.0);
        self.dead.extend(table.accept.iter().map(|token| (token.clone(), table.code.0)));
        self.stable.current = kept;
    }

    fn bury(&mut self, tokens: impl IntoIterator<Item = Token>, code: i64) {
        self.dead.extend(tokens.into_iter().map(|token| (token.text, code)));
    }

    fn fail_first(&mut self, table: &TokenTable) -> Result<(), i64> {
        let code = table.fetch_errors.get(self.fetches).copied();
        self.fetches += 1;
        code.map_or(Ok(()), Err)
    }

    fn issue(&mut self, table: &TokenTable, seed: u64, now: Duration) -> Token {
        self.issued += 1;
        // Real tokens: a number, `_`, and letters; 136 characters in most samples (docs/platform.md#tokens).
        let text = format!("36_{}", dice::id(seed ^ TOKEN_SALT, self.issued, 133));
        Token { text, ends: now + table.life.0 }
    }
}

fn grant(table: &TokenTable, token: &Token, now: Duration) -> Grant {
    let rest = table.expires_in.map_or(token.ends.saturating_sub(now), |span| span.0);
    Grant { token: token.text.clone(), expires_in: rest.as_secs().max(1) }
}

fn has_the_shape(text: &str) -> bool {
    text.split_once('_').is_some_and(|(number, rest)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_stable_token_stays_until_five_minutes_before_its_end_and_then_two_work() {
        let table = TokenTable::default();
        let mut tokens = Tokens::default();
        let first = tokens.stable(&table, 0, at(0), false).expect("a token");
        assert_eq!(first.expires_in, 7200);
        let again = tokens.stable(&table, 0, at(6855), false).expect("a token");
        assert_eq!(again, Grant { token: first.token.clone(), expires_in: 345 });
        let second = tokens.stable(&table, 0, at(6950), false).expect("a token");
        assert_ne!(second.token, first.token);
        assert_eq!(tokens.check(&table, Some(&first.token), at(7199)), Ok(()));
        assert_eq!(tokens.check(&table, Some(&second.token), at(7199)), Ok(()));
        assert_eq!(tokens.check(&table, Some(&first.token), at(7200)), Err(42001));
    }

    #[test]
    fn a_force_kills_at_once_but_not_twice_in_thirty_seconds_nor_more_than_twenty_a_day() {
        let table = TokenTable::default();
        let mut tokens = Tokens::default();
        let first = tokens.stable(&table, 0, at(0), false).expect("a token");
        let forced = tokens.stable(&table, 0, at(10), true).expect("a token");
        assert_eq!(tokens.check(&table, Some(&first.token), at(10)), Err(40001));
        assert_eq!(tokens.stable(&table, 0, at(39), true).expect("a token").token, forced.token);
        for n in 1..20 {
            assert!(tokens.stable(&table, 0, at(10 + n * 40), true).is_ok());
        }
        assert_eq!(tokens.stable(&table, 0, at(1000), true), Err(45009));
        assert!(tokens.stable(&table, 0, at(1000), false).is_ok());
        assert!(tokens.stable(&table, 0, at(86_400), true).is_ok());
    }

    #[test]
    fn the_two_endpoints_are_isolated_and_classic_tokens_push_each_other_out() {
        let table = TokenTable::default();
        let mut tokens = Tokens::default();
        let stable = tokens.stable(&table, 0, at(0), false).expect("a token");
        let one = tokens.classic(&table, 0, at(1)).expect("a token");
        let two = tokens.classic(&table, 0, at(2)).expect("a token");
        for token in [&stable, &one, &two] {
            assert_eq!(tokens.check(&table, Some(&token.token), at(200)), Ok(()));
        }
        assert_eq!(tokens.check(&table, Some(&one.token), at(302)), Err(42001));
        tokens.classic(&table, 0, at(3)).expect("a token");
        assert_eq!(tokens.check(&table, Some(&one.token), at(4)), Err(40001));
    }

    #[test]
    fn a_dead_token_says_why() {
        let table = TokenTable { sticky: true, accept: vec!["mine".into()], ..TokenTable::default() };
        let mut tokens = Tokens::default();
        assert_eq!(tokens.check(&table, None, at(0)), Err(41001));
        assert_eq!(tokens.check(&table, Some(""), at(0)), Err(41001));
        assert_eq!(tokens.check(&table, Some("nonsense"), at(0)), Err(40014));
        assert_eq!(tokens.check(&table, Some("12_abc"), at(0)), Err(40001));
        assert_eq!(tokens.check(&table, Some("mine"), at(0)), Ok(()));
        let token = tokens.stable(&table, 0, at(0), false).expect("a token").token;
        tokens.die(&table);
        assert_eq!(tokens.check(&table, Some("mine"), at(1)), Err(40001));
        assert_eq!(tokens.check(&table, Some(&token), at(1)), Err(40001));
        assert_eq!(tokens.stable(&table, 0, at(1), false).expect("a token").token, token);
        let forced = tokens.stable(&table, 0, at(2), true).expect("a token").token;
        assert_ne!(forced, token);
        assert_eq!(tokens.check(&table, Some(&forced), at(2)), Ok(()));
    }
}
