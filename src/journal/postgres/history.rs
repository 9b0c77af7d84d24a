//! What an account sent, as it is read: to one person, to many, and as a whole.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::journal::JournalError;
use crate::journal::backend::{Messages, People, PersonIndex, Runs};
use crate::journal::history::{CampaignRecord, PersonMessage};
use crate::journal::identity::{CampaignKey, Channel, Claim, Identity, Person};
use crate::journal::postgres::columns::{campaign, moment, moment_or_none, small, state, whole};
use crate::journal::postgres::session::{Failure, get, parameters};
use crate::journal::postgres::store::PostgresStore;
use crate::journal::record::MessageCounts;

/// So many persons are asked for at a time: what is known of them lies in memory meanwhile.
const PERSONS: usize = 1 << 16;

impl People for PostgresStore {
    fn campaigns(&self, appid: &str) -> Result<Vec<CampaignRecord>, JournalError> {
        let all = "SELECT c.id::bigint, c.campaign, c.wave, c.channel, c.origin, count(r.id), min(r.started), \
                   max(coalesce(r.ended, r.started)) FROM wxcast.campaign c \
                   LEFT JOIN wxcast.run r ON r.campaign = c.id WHERE c.appid = $1 AND c.destination = $2 \
                   GROUP BY c.id ORDER BY c.id";
        let mut found = self.ask(|| {
            let rows = self.session.rows(all, parameters![appid, self.destination])?;
            rows.iter().map(|row| record(row, appid)).collect::<Result<Vec<_>, Failure>>()
        })?;
        for record in &mut found {
            record.counts = self.count(record.key)?;
            let (mut computers, mut hosts) = (BTreeSet::new(), BTreeSet::new());
            for run in self.runs(record.key)? {
                computers.insert(run.computer);
                hosts.extend(run.hosts);
            }
            (record.computers, record.hosts) = (computers.into_iter().collect(), hosts.into_iter().collect());
        }
        Ok(found)
    }

    fn of_person(&self, appid: &str, openid: &str) -> Result<Vec<PersonMessage>, JournalError> {
        let person = Person::of(appid, openid);
        let all = "SELECT c.id::bigint, c.campaign, c.wave, c.channel, m.nth, m.state, m.attempts, m.errcode, m.at, \
                   m.payload FROM wxcast.campaign c JOIN wxcast.message m ON m.campaign = c.id AND m.person = $3 \
                   WHERE c.appid = $1 AND c.destination = $2 ORDER BY m.at, c.id";
        self.ask(|| {
            let rows = self.session.rows(all, parameters![appid, self.destination, person.0.as_slice()])?;
            let of_person = rows.iter().map(|row| {
                Ok(PersonMessage {
                    whose: whose(row, appid)?,
                    nth: small(row, 4)?,
                    state: state(row, 5)?,
                    attempts: small(row, 6)?,
                    errcode: get(row, 7)?,
                    at: moment(row, 8)?,
                    payload: get(row, 9)?,
                })
            });
            of_person.collect()
        })
    }

    fn other_campaigns(&self, whose: &Identity) -> Result<Vec<CampaignKey>, JournalError> {
        let Identity { appid, campaign, wave, channel } = whose;
        let (wave, channel) = (i64::from(*wave), channel.name());
        let others = "SELECT id::bigint FROM wxcast.campaign WHERE appid = $1 AND channel = $2 \
                      AND (campaign <> $3 OR wave <> $4) AND destination = $5 ORDER BY id";
        self.ask(|| {
            let all = parameters![*appid, channel, *campaign, wave, self.destination];
            self.session.rows(others, all)?.iter().map(|row| Ok(CampaignKey(get(row, 0)?))).collect()
        })
    }

    fn refusals(
        &self,
        campaigns: &[CampaignKey],
        since: Timestamp,
        codes: &[i64],
        persons: &[Person],
        each: &mut dyn FnMut(usize, Timestamp),
    ) -> Result<(), JournalError> {
        // That it may have arrived says nothing.
        let refused = "SELECT o.place, max(m.at) FILTER (WHERE m.state = 2 AND m.at >= $3 AND m.errcode = ANY ($4)), \
                       max(m.at) FILTER (WHERE m.state = 1) \
                       FROM unnest($1) WITH ORDINALITY AS o (person, place) CROSS JOIN unnest($2) AS c (id) \
                       JOIN wxcast.message m ON m.campaign = c.id AND m.person = o.person \
                       WHERE m.state IN (1, 2) GROUP BY 1 ORDER BY 1";
        let (since, codes) = (since.as_millisecond(), codes.to_vec());
        self.ask(|| {
            let recent = self.recent(campaigns, since)?;
            for (block, persons) in persons.chunks(PERSONS).enumerate() {
                let persons: Vec<&[u8]> = persons.iter().map(|person| person.0.as_slice()).collect();
                self.session.each(refused, parameters![persons, recent, since, codes], |row| {
                    let (refused, reached) = (moment_or_none(row, 1)?, moment_or_none(row, 2)?);
                    if let Some(at) = refused.filter(|at| reached.is_none_or(|reached| reached < *at)) {
                        each(block * PERSONS + place(row)?, at);
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })
    }

    fn occasions(
        &self,
        campaigns: &[CampaignKey],
        since: Timestamp,
        persons: &[Person],
        each: &mut dyn FnMut(usize, &[Timestamp]),
    ) -> Result<(), JournalError> {
        // Several messages of one campaign are one occasion: that of the last.
        let contacted = "SELECT o.place, max(m.at) FROM unnest($1) WITH ORDINALITY AS o (person, place) \
                         CROSS JOIN unnest($2) AS c (id) \
                         JOIN wxcast.message m ON m.campaign = c.id AND m.person = o.person \
                         WHERE m.state IN (0, 1, 4) AND m.at >= $3 GROUP BY o.place, m.campaign";
        let since = since.as_millisecond();
        self.ask(|| {
            let recent = self.recent(campaigns, since)?;
            for (block, persons) in persons.chunks(PERSONS).enumerate() {
                let persons: Vec<&[u8]> = persons.iter().map(|person| person.0.as_slice()).collect();
                let mut times: BTreeMap<usize, Vec<Timestamp>> = BTreeMap::new();
                self.session.each(contacted, parameters![persons, recent, since], |row| {
                    times.entry(place(row)?).or_default().push(moment(row, 1)?);
                    Ok(())
                })?;
                for (place, mut times) in times {
                    times.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
                    each(block * PERSONS + place, &times);
                }
            }
            Ok(())
        })
    }
}

impl PostgresStore {
    /// Those of the campaigns that a run was at work on since a moment, or that are told of by nobody but their messages.
    fn recent(&self, campaigns: &[CampaignKey], since: i64) -> Result<Vec<i32>, Failure> {
        let asked: Vec<i32> = campaigns.iter().map(|key| campaign(*key)).collect();
        // A run without an end may be going on.
        let recent = "SELECT c.id FROM unnest($1) AS c (id) \
                      WHERE NOT EXISTS (SELECT 1 FROM wxcast.run r WHERE r.campaign = c.id) \
                      OR EXISTS (SELECT 1 FROM wxcast.run r WHERE r.campaign = c.id AND coalesce(r.ended, $2) >= $2)";
        self.session.rows(recent, parameters![asked, since])?.iter().map(|row| get(row, 0)).collect()
    }
}

/// The primary key finds a person, and lets nobody stand there twice.
impl PersonIndex for PostgresStore {
    fn index_persons(&mut self, _: Claim, _: &str) -> Result<u64, JournalError> {
        Ok(0)
    }
}

/// A person's place among those who were asked for.
fn place(row: &Row) -> Result<usize, Failure> {
    Ok(whole::<usize>(row, 0)? - 1)
}

fn whose(row: &Row, appid: &str) -> Result<Identity, Failure> {
    let channel = Channel::parse(get(row, 3)?).ok_or(Failure::Damaged("channel"))?;
    Ok(Identity { appid: appid.to_owned(), campaign: get(row, 1)?, wave: whole(row, 2)?, channel })
}

fn record(row: &Row, appid: &str) -> Result<CampaignRecord, Failure> {
    Ok(CampaignRecord {
        key: CampaignKey(get(row, 0)?),
        whose: whose(row, appid)?,
        counts: MessageCounts::default(),
        runs: whole(row, 5)?,
        first: moment_or_none(row, 6)?,
        last: moment_or_none(row, 7)?,
        computers: Vec::new(),
        hosts: Vec::new(),
        origin: get(row, 4)?,
    })
}
