//! What a row holds, as the program has it, and the other way round.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::delivery::attempt::{Attempt, Cause};
use crate::journal::identity::{CampaignKey, Claim, MessageKey, Person};
use crate::journal::postgres::session::{Failure, get};
use crate::journal::record::State;

/// How many bits of a number tell the message within its campaign.
const BITS: u32 = 32;

/// A campaign's number as the database has it.
pub(crate) fn campaign(key: CampaignKey) -> i32 {
    i32::try_from(key.0).expect("it came from the database")
}

/// A claim's number as the database has it.
pub(crate) fn epoch(claim: Claim) -> i32 {
    i32::try_from(claim.epoch).expect("it came from the database")
}

/// The number of a message among all, of its number within its campaign.
pub(crate) fn message_key(campaign: CampaignKey, number: i32) -> MessageKey {
    MessageKey((campaign.0 << BITS) + i64::from(number))
}

/// The campaign of a message, and its number there.
pub(crate) fn number(key: MessageKey) -> (i32, i32) {
    let number = key.0 & ((1 << BITS) - 1);
    let small = |number: i64| i32::try_from(number).expect("it came from the database");
    (small(key.0 >> BITS), small(number))
}

/// Which message to a person, as the database has it.
pub(crate) fn nth(nth: u32) -> i32 {
    i32::try_from(nth).expect("nobody is sent thousands of millions of messages")
}

/// A moment as the journal keeps it.
pub(crate) fn moment(row: &Row, column: usize) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(get(row, column)?).map_err(|_| Failure::Damaged("at"))
}

/// The same where there may be none.
pub(crate) fn moment_or_none(row: &Row, column: usize) -> Result<Option<Timestamp>, Failure> {
    let at: Option<i64> = get(row, column)?;
    at.map(Timestamp::from_millisecond).transpose().map_err(|_| Failure::Damaged("at"))
}

/// A count, or a number that is never below zero.
pub(crate) fn whole<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Failure> {
    T::try_from(get::<i64>(row, column)?).map_err(|_| Failure::Damaged("count"))
}

/// The same of a smaller number.
pub(crate) fn small<T: TryFrom<i32>>(row: &Row, column: usize) -> Result<T, Failure> {
    T::try_from(get::<i32>(row, column)?).map_err(|_| Failure::Damaged("number"))
}

pub(crate) fn state(row: &Row, column: usize) -> Result<State, Failure> {
    State::from_disk(i64::from(get::<i16>(row, column)?)).ok_or(Failure::Damaged("state"))
}

/// A state as the database has it.
pub(crate) fn on_disk(state: State) -> i16 {
    i16::try_from(state.to_disk()).expect("states are small numbers")
}

pub(crate) fn person(row: &Row, column: usize) -> Result<Person, Failure> {
    let bytes: &[u8] = get(row, column)?;
    bytes.try_into().map(Person).map_err(|_| Failure::Damaged("person"))
}

/// What the journal keeps of a cause: errcode, text, hint and rid.
pub(crate) fn told(attempt: &Attempt) -> (Option<i64>, Option<String>, Option<String>, Option<String>) {
    match &attempt.cause {
        // The usual answer says nothing that the errcode does not.
        Cause::Answer { code: 0, .. } => (Some(0), None, None, None),
        Cause::Answer { code, errmsg } => (
            Some(*code),
            Some(errmsg.text().to_owned()),
            errmsg.hint().map(str::to_owned),
            errmsg.rid().map(str::to_owned),
        ),
        Cause::Event(incident) => (None, Some(incident.to_string()), None, None),
    }
}

pub(crate) fn milliseconds(attempt: &Attempt) -> i32 {
    i32::try_from(attempt.latency.as_millis()).unwrap_or(i32::MAX)
}
