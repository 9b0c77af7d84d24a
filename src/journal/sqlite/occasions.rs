//! When persons were contacted, and who refused, asked of a campaign's index by person and of what is not in it yet.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::delivery::outcome::Outcome;
use crate::journal::identity::{CampaignKey, Person};
use crate::journal::record::State;
use crate::journal::sqlite::messages::state;
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::timestamp;

/// So many persons are asked for at a time: what is known of them lies in memory meanwhile.
const PERSONS: usize = 1 << 18;
/// To look one person up costs as much as to read this many entries of the index.
const LOOKUP: i64 = 8;

/// A campaign of whose messages some may be recent.
pub(super) struct Recent {
    pub(super) key: CampaignKey,
    appid: String,
    /// The last message that the index by person has.
    indexed: i64,
}

/// A message to one of the persons asked for, as their place among them and the message's number.
type Hit = (u32, i64);

/// Calls `each` with whom the platform refused last with one of these codes, and when, by campaigns at work since a moment.
pub(super) fn refusals(
    connection: &Connection,
    (campaigns, since): (&[CampaignKey], Timestamp),
    codes: &[i64],
    persons: &[Person],
    each: &mut dyn FnMut(usize, Timestamp),
) -> rusqlite::Result<()> {
    let recent = recent(connection, campaigns, since)?;
    for (block, persons) in persons.chunks(PERSONS).enumerate() {
        for (place, at) in refused(connection, &recent, since, codes, persons)? {
            each(block * PERSONS + place as usize, at);
        }
    }
    Ok(())
}

/// Calls `each` with whom these campaigns contacted since a moment, and the times of the occasions, the last one first.
pub(super) fn occasions(
    connection: &Connection,
    (campaigns, since): (&[CampaignKey], Timestamp),
    persons: &[Person],
    each: &mut dyn FnMut(usize, &[Timestamp]),
) -> rusqlite::Result<()> {
    let recent = recent(connection, campaigns, since)?;
    let mut times = Vec::new();
    for (block, persons) in persons.chunks(PERSONS).enumerate() {
        let found = contacted(connection, &recent, since, persons)?;
        for of_person in found.chunk_by(|one, other| one.0 == other.0) {
            times.clear();
            times.extend(of_person.iter().map(|(_, at)| *at));
            times.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
            let place = of_person[0].0 as usize;
            each(block * PERSONS + place, &times);
        }
    }
    Ok(())
}

/// Those of the campaigns that a run was at work on since a moment, or that are told of by nobody but their messages.
pub(super) fn recent(
    connection: &Connection,
    campaigns: &[CampaignKey],
    since: Timestamp,
) -> rusqlite::Result<Vec<Recent>> {
    // A run without an end may be going on.
    let mut find = connection.prepare_cached(
        "SELECT appid, indexed FROM campaign c WHERE id = ?1 AND ( \
         NOT EXISTS (SELECT 1 FROM run r WHERE r.campaign = c.id) \
         OR EXISTS (SELECT 1 FROM run r WHERE r.campaign = c.id AND ifnull(r.ended, ?2) >= ?2))",
    )?;
    let mut recent = Vec::new();
    for key in campaigns {
        let found = find.query_row(params![key.0, since.as_millisecond()], |row| {
            Ok(Recent { key: *key, appid: row.get(0)?, indexed: row.get(1)? })
        });
        recent.extend(found.optional()?);
    }
    Ok(recent)
}

/// When each of the persons was last contacted by each of the campaigns, those of one person together.
fn contacted(
    connection: &Connection,
    recent: &[Recent],
    since: Timestamp,
    persons: &[Person],
) -> rusqlite::Result<Vec<(u32, Timestamp)>> {
    let mut contacted = Vec::new();
    for campaign in recent {
        let hits = hits(connection, campaign, persons)?;
        let mut of_campaign: Vec<(u32, Timestamp)> = Vec::with_capacity(hits.len());
        read_hits(connection, &hits, |place, Found { state, at, errcode: _ }| {
            if state.is_reached() && at >= since {
                of_campaign.push((place, at));
            }
        })?;
        // Several messages of one campaign are one occasion: that of the last.
        of_campaign.sort_unstable_by_key(|(place, at)| (*place, std::cmp::Reverse(*at)));
        of_campaign.dedup_by_key(|(place, _)| *place);
        contacted.append(&mut of_campaign);
    }
    contacted.sort_unstable_by_key(|(place, _)| *place);
    Ok(contacted)
}

/// Whom the platform refused last with one of these codes, and whom nothing reached since, with when that was.
fn refused(
    connection: &Connection,
    recent: &[Recent],
    since: Timestamp,
    codes: &[i64],
    persons: &[Person],
) -> rusqlite::Result<BTreeMap<u32, Timestamp>> {
    let (mut refused, mut reached) = (BTreeMap::new(), BTreeMap::new());
    let note = |last: &mut BTreeMap<u32, Timestamp>, place, at: Timestamp| {
        let last = last.entry(place).or_insert(at);
        *last = at.max(*last);
    };
    for campaign in recent {
        let hits = hits(connection, campaign, persons)?;
        read_hits(connection, &hits, |place, Found { state, at, errcode }| match state {
            State::Settled(Outcome::Refused)
                if at >= since && errcode.is_some_and(|code| codes.contains(&code)) =>
            {
                note(&mut refused, place, at);
            }
            // That it may have arrived says nothing.
            State::Settled(Outcome::Sent) => note(&mut reached, place, at),
            State::Settled(Outcome::Refused | Outcome::Failed | Outcome::Unknown | Outcome::Postponed)
            | State::InFlight
            | State::Skipped(_) => {}
        })?;
    }
    refused.retain(|place, at| reached.get(place).is_none_or(|reached| reached < at));
    Ok(refused)
}

/// A campaign's messages to these persons, in the order in which they lie on disk.
fn hits(connection: &Connection, campaign: &Recent, persons: &[Person]) -> rusqlite::Result<Vec<Hit>> {
    let mut hits = Vec::new();
    indexed(connection, campaign, persons, &mut hits)?;
    unindexed(connection, campaign, persons, &mut hits)?;
    hits.sort_unstable_by_key(|(_, message)| *message);
    Ok(hits)
}

/// What became of a message that was found.
struct Found {
    state: State,
    at: Timestamp,
    errcode: Option<i64>,
}

/// Reads what became of the messages that were found, which stand in the order of the disk: one after the other where they
/// are few, else on the way through all that lie between them.
fn read_hits(
    connection: &Connection,
    hits: &[Hit],
    mut each: impl FnMut(u32, Found),
) -> rusqlite::Result<()> {
    let found_in = |row: &Row<'_>, first| {
        let at = timestamp(row.get(first + 1)?)?;
        Ok(Found { state: state(row, first)?, at, errcode: row.get(first + 2)? })
    };
    let (Some((_, first)), Some((_, last))) = (hits.first(), hits.last()) else { return Ok(()) };
    let found = i64::try_from(hits.len()).expect("they are in memory");
    if found.saturating_mul(LOOKUP) < last - first {
        let mut find = connection.prepare_cached("SELECT state, at, errcode FROM message WHERE id = ?1")?;
        for (place, message) in hits {
            if let Some(found) = find.query_row([message], |row| found_in(row, 0)).optional()? {
                each(*place, found);
            }
        }
        return Ok(());
    }
    let mut between = connection.prepare_cached(
        "SELECT id, state, at, errcode FROM message WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut rows = between.query([first, last])?;
    let mut hits = hits.iter().peekable();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        while hits.next_if(|(_, message)| *message < id).is_some() {}
        if let Some((place, _)) = hits.next_if(|(_, message)| *message == id) {
            each(*place, found_in(row, 1)?);
        }
    }
    Ok(())
}

/// Finds the messages to these persons in the index: one person after the other where they are few, else by reading both
/// side by side.
fn indexed(
    connection: &Connection,
    campaign: &Recent,
    persons: &[Person],
    hits: &mut Vec<Hit>,
) -> rusqlite::Result<()> {
    let entries = (campaign.indexed - range(campaign.key).0).max(0);
    let asked = i64::try_from(persons.len()).expect("they are in memory");
    let places = persons.iter().zip(0_u32..);
    if asked.saturating_mul(LOOKUP) < entries {
        let mut find =
            connection.prepare_cached("SELECT message FROM person WHERE campaign = ?1 AND person = ?2")?;
        for (person, place) in places {
            for message in find.query_map(params![campaign.key.0, person.0], |row| row.get(0))? {
                hits.push((place, message?));
            }
        }
        return Ok(());
    }
    let mut all = connection
        .prepare_cached("SELECT person, message FROM person WHERE campaign = ?1 ORDER BY person, message")?;
    let mut rows = all.query([campaign.key.0])?;
    let mut places = places.peekable();
    while let Some(row) = rows.next()? {
        let entry = row.get_ref(0)?.as_blob()?;
        while places.next_if(|(person, _)| person.0.as_slice() < entry).is_some() {}
        match places.peek() {
            Some((person, place)) if person.0.as_slice() == entry => hits.push((*place, row.get(1)?)),
            Some(_) => {}
            None => break,
        }
    }
    Ok(())
}

/// Finds the messages to these persons that the index has not yet.
fn unindexed(
    connection: &Connection,
    campaign: &Recent,
    persons: &[Person],
    hits: &mut Vec<Hit>,
) -> rusqlite::Result<()> {
    let (first, end) = range(campaign.key);
    let mut tail =
        connection.prepare_cached("SELECT id, openid FROM message WHERE id > ?1 AND id < ?2 ORDER BY id")?;
    let mut rows = tail.query([first.max(campaign.indexed), end])?;
    while let Some(row) = rows.next()? {
        let person = Person::of(&campaign.appid, row.get_ref(1)?.as_str()?);
        if let Ok(place) = persons.binary_search(&person) {
            hits.push((u32::try_from(place).expect("a block has fewer"), row.get(0)?));
        }
    }
    Ok(())
}
