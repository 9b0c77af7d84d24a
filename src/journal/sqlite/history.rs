//! What an account sent, as it is read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::journal::JournalError;
use crate::journal::backend::{Messages, People, Runs};
use crate::journal::history::{CampaignRecord, PersonMessage};
use crate::journal::identity::{CampaignKey, Channel, Identity, Person};
use crate::journal::record::MessageCounts;
use crate::journal::sqlite::messages::state;
use crate::journal::sqlite::occasions;
use crate::journal::sqlite::schema::range;
use crate::journal::sqlite::store::{SqliteStore, timestamp, whole};

impl People for SqliteStore {
    fn campaigns(&self, appid: &str) -> Result<Vec<CampaignRecord>, JournalError> {
        let found = (|| {
            let mut campaigns = self.connection.prepare_cached(
                "SELECT c.id, c.campaign, c.wave, c.channel, c.origin, count(r.id), min(r.started), \
                 max(ifnull(r.ended, r.started)) FROM campaign c LEFT JOIN run r ON r.campaign = c.id \
                 WHERE c.appid = ?1 GROUP BY c.id ORDER BY c.id",
            )?;
            campaigns.query_map([appid], |row| campaign(row, appid))?.collect::<rusqlite::Result<Vec<_>>>()
        })();
        let mut found = found.map_err(|error: rusqlite::Error| self.unreadable(&error))?;
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
        let read = || {
            let person = Person::of(appid, openid);
            let mut campaigns = self.connection.prepare_cached(
                "SELECT id, campaign, wave, channel, indexed FROM campaign WHERE appid = ?1 ORDER BY id",
            )?;
            let mut indexed = self.connection.prepare_cached(
                "SELECT m.nth, m.state, m.attempts, m.errcode, m.at, m.payload FROM person p \
                 JOIN message m ON m.id = p.message WHERE p.campaign = ?1 AND p.person = ?2",
            )?;
            // What a run that goes on, or was killed, has not indexed yet.
            let mut tail = self.connection.prepare_cached(
                "SELECT nth, state, attempts, errcode, at, payload FROM message \
                 WHERE id > ?1 AND id < ?2 AND openid = ?3",
            )?;
            let mut found = Vec::new();
            let mut rows = campaigns.query([appid])?;
            while let Some(row) = rows.next()? {
                let (key, whose) = (CampaignKey(row.get(0)?), whose(row, appid)?);
                for message in indexed.query_map(params![key.0, person.0], |row| message(row, &whose))? {
                    found.push(message?);
                }
                let (first, end) = range(key);
                let unindexed = params![first.max(row.get(4)?), end, openid];
                for message in tail.query_map(unindexed, |row| message(row, &whose))? {
                    found.push(message?);
                }
            }
            found.sort_by_key(|message| message.at);
            Ok(found)
        };
        read().map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn other_campaigns(&self, whose: &Identity) -> Result<Vec<CampaignKey>, JournalError> {
        (|| {
            let mut found = self.connection.prepare_cached(
                "SELECT id FROM campaign WHERE appid = ?1 AND channel = ?2 AND (campaign <> ?3 OR wave <> ?4) \
                 ORDER BY id",
            )?;
            let Identity { appid, campaign, wave, channel } = whose;
            found
                .query_map(params![appid, channel.name(), campaign, wave], |row| Ok(CampaignKey(row.get(0)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(|error: rusqlite::Error| self.unreadable(&error))
    }

    fn refusals(
        &self,
        campaigns: &[CampaignKey],
        since: Timestamp,
        codes: &[i64],
        persons: &[Person],
        each: &mut dyn FnMut(usize, Timestamp),
    ) -> Result<(), JournalError> {
        occasions::refusals(&self.connection, (campaigns, since), codes, persons, each)
            .map_err(|error| self.unreadable(&error))
    }

    fn occasions(
        &self,
        campaigns: &[CampaignKey],
        since: Timestamp,
        persons: &[Person],
        each: &mut dyn FnMut(usize, &[Timestamp]),
    ) -> Result<(), JournalError> {
        occasions::occasions(&self.connection, (campaigns, since), persons, each)
            .map_err(|error| self.unreadable(&error))
    }
}

fn whose(row: &Row<'_>, appid: &str) -> rusqlite::Result<Identity> {
    let channel: String = row.get(3)?;
    let channel = Channel::parse(&channel)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(3, channel, rusqlite::types::Type::Text))?;
    Ok(Identity { appid: appid.to_owned(), campaign: row.get(1)?, wave: row.get(2)?, channel })
}

fn campaign(row: &Row<'_>, appid: &str) -> rusqlite::Result<CampaignRecord> {
    let moment = |index| row.get::<_, Option<i64>>(index)?.map(timestamp).transpose();
    Ok(CampaignRecord {
        key: CampaignKey(row.get(0)?),
        whose: whose(row, appid)?,
        counts: MessageCounts::default(),
        runs: whole(row, 5)?,
        first: moment(6)?,
        last: moment(7)?,
        computers: Vec::new(),
        hosts: Vec::new(),
        origin: row.get(4)?,
    })
}

fn message(row: &Row<'_>, whose: &Identity) -> rusqlite::Result<PersonMessage> {
    Ok(PersonMessage {
        whose: whose.clone(),
        nth: row.get(0)?,
        state: state(row, 1)?,
        attempts: row.get(2)?,
        errcode: row.get(3)?,
        at: timestamp(row.get(4)?)?,
        payload: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::delivery::attempt::Incident;
    use crate::delivery::outcome::Outcome;
    use crate::delivery::skip::SkipReason;
    use crate::journal::backend::{Claims, PersonIndex};
    use crate::journal::batch::Intent;
    use crate::journal::record::State;
    use crate::journal::run::RunStart;
    use crate::journal::sqlite::writing::write_intent;

    const STATES: [State; 6] = [
        State::Settled(Outcome::Sent),
        State::Settled(Outcome::Refused),
        State::Settled(Outcome::Unknown),
        State::InFlight,
        State::Skipped(SkipReason::Cap),
        State::Settled(Outcome::Sent),
    ];

    fn moment(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).expect("a time")
    }

    fn openid(index: usize) -> String {
        format!("o{index}")
    }

    /// A message by its person, campaign, state and minute.
    type Sent = (usize, usize, State, i64);

    /// Three campaigns to some of 300 persons each, the last third of each not indexed; and every message, as person,
    /// campaign, state and minute.
    fn history(store: &mut SqliteStore) -> (Vec<CampaignKey>, Vec<Sent>) {
        let (mut keys, mut model) = (Vec::new(), Vec::new());
        for campaign in 0..3 {
            let whose = Identity {
                appid: "a".into(),
                campaign: format!("c{campaign}"),
                wave: 1,
                channel: Channel::Send,
            };
            let claim = store.claim(&whose, Incident::Crash).expect("a claim");
            for part in [0..100, 100..150] {
                let transaction = store.transaction().expect("a transaction");
                for number in part {
                    let person = (number * 7 + campaign * 31) % 130;
                    let state = STATES[(number + campaign) % STATES.len()];
                    let minute = i64::try_from(campaign * 1000 + number).expect("a small number");
                    let intent = Intent {
                        id: None,
                        openid: openid(person),
                        nth: if number < 130 { 1 } else { 2 },
                        attempt: 1,
                        at: moment(minute),
                        payload: 0,
                    };
                    let id = write_intent(&transaction, claim.campaign(), &intent).expect("an intent");
                    let settle = "UPDATE message SET state = ?1 WHERE id = ?2";
                    transaction.execute(settle, [state.to_disk(), id.0]).expect("a state");
                    model.push((person, campaign, state, minute));
                }
                transaction.commit().expect("a commit");
                if model.len() % 150 == 100 {
                    store.index_persons(claim, "a").expect("an index");
                }
            }
            keys.push(claim.campaign());
        }
        (keys, model)
    }

    /// Answers the question by looking at everything.
    fn naive(
        model: &[(usize, usize, State, i64)],
        campaigns: &[usize],
        since: i64,
    ) -> BTreeMap<usize, Vec<Timestamp>> {
        let mut last: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for (person, campaign, state, minute) in model {
            let counts = [STATES[0], STATES[2], STATES[3]].contains(state) && *minute >= since;
            if counts && campaigns.contains(campaign) {
                let at = last.entry((*person, *campaign)).or_default();
                *at = (*at).max(*minute);
            }
        }
        let mut times: BTreeMap<usize, Vec<Timestamp>> = BTreeMap::new();
        for ((person, _), minute) in last {
            times.entry(person).or_default().insert(0, moment(minute));
        }
        times
    }

    #[test]
    fn occasions_are_counted_once_a_campaign_for_few_persons_and_for_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = SqliteStore::open(folder.path()).expect("a journal");
        let (keys, model) = history(&mut store);
        for (campaigns, since) in [(vec![0, 1, 2], 0), (vec![0, 1, 2], 1050), (vec![0, 2], 0), (vec![], 0)] {
            let chosen: Vec<CampaignKey> = campaigns.iter().map(|index| keys[*index]).collect();
            let expected = naive(&model, &campaigns, since);
            for asked in [vec![3, 17, 129, 200], (0..140).collect::<Vec<usize>>()] {
                let mut persons: Vec<(Person, usize)> =
                    asked.iter().map(|index| (Person::of("a", &openid(*index)), *index)).collect();
                persons.sort_unstable();
                let sorted: Vec<Person> = persons.iter().map(|(person, _)| *person).collect();
                let mut found = BTreeMap::new();
                store
                    .occasions(&chosen, moment(since), &sorted, &mut |place, times| {
                        found.insert(persons[place].1, times.to_vec());
                    })
                    .expect("an answer");
                let expected: BTreeMap<_, _> =
                    expected.iter().filter(|(person, _)| asked.contains(person)).collect();
                assert_eq!(found.iter().collect::<BTreeMap<_, _>>(), expected, "{campaigns:?} {since}");
            }
        }
    }

    #[test]
    fn whom_the_platform_refused_is_found_unless_something_reached_them_since() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = SqliteStore::open(folder.path()).expect("a journal");
        let (refused, sent) = (State::Settled(Outcome::Refused), State::Settled(Outcome::Sent));
        let unknown = State::Settled(Outcome::Unknown);
        let mut keys = Vec::new();
        // By person: what two campaigns came to, as state, errcode and minute.
        let history = [
            [(refused, Some(40003), 10), (refused, Some(45015), 20)],
            [(refused, Some(40003), 10), (sent, None, 20)],
            [(sent, None, 10), (refused, Some(43004), 20)],
            [(refused, Some(40003), 1), (unknown, None, 20)],
            [(refused, Some(40003), 10), (unknown, None, 20)],
            [(refused, Some(40003), 10), (refused, Some(43004), 20)],
        ];
        for campaign in 0..2 {
            let campaign_id = format!("c{campaign}");
            let whose =
                Identity { appid: "a".into(), campaign: campaign_id, wave: 1, channel: Channel::Send };
            let claim = store.claim(&whose, Incident::Crash).expect("a claim");
            let transaction = store.transaction().expect("a transaction");
            for (person, of_person) in history.iter().enumerate() {
                let (state, errcode, minute) = of_person[campaign];
                let intent = Intent {
                    id: None,
                    openid: openid(person),
                    nth: 1,
                    attempt: 1,
                    at: moment(minute),
                    payload: 0,
                };
                let id = write_intent(&transaction, claim.campaign(), &intent).expect("an intent");
                let settle = "UPDATE message SET state = ?1, errcode = ?2 WHERE id = ?3";
                transaction.execute(settle, params![state.to_disk(), errcode, id.0]).expect("a state");
            }
            transaction.commit().expect("a commit");
            if campaign == 0 {
                store.index_persons(claim, "a").expect("an index");
            }
            keys.push(claim.campaign());
        }
        let mut persons: Vec<(Person, usize)> =
            (0..history.len()).map(|index| (Person::of("a", &openid(index)), index)).collect();
        persons.sort_unstable();
        let sorted: Vec<Person> = persons.iter().map(|(person, _)| *person).collect();
        let mut found = BTreeMap::new();
        store
            .refusals(&keys, moment(5), &[40003, 43004], &sorted, &mut |place, at| {
                found.insert(persons[place].1, at);
            })
            .expect("an answer");
        let expected = [(0, 10), (2, 20), (4, 10), (5, 20)].map(|(person, minute)| (person, moment(minute)));
        assert_eq!(found, expected.into());
        let whose = Identity { appid: "a".into(), campaign: "c0".into(), wave: 1, channel: Channel::Send };
        assert_eq!(store.other_campaigns(&whose), Ok(vec![keys[1]]));
    }

    #[test]
    fn an_account_tells_of_its_campaigns_and_from_where_they_were_sent() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = SqliteStore::open(folder.path()).expect("a journal");
        let (keys, _) = history(&mut store);
        let claim = store.claim(&store.campaigns("a").expect("campaigns")[1].whose, Incident::Crash);
        let start = RunStart {
            started: moment(1000),
            pid: 1,
            host: "desk".into(),
            digest: "sha256:0".into(),
            text: "sha256:1".into(),
            planned: 150,
            skipped: BTreeMap::new(),
            plan: None,
            hosts: vec!["https://api.weixin.qq.com".into()],
        };
        store.begin_run(claim.expect("a claim"), &start).expect("a run");
        let found = store.campaigns("a").expect("campaigns");
        assert_eq!(found.iter().map(|record| record.key).collect::<Vec<_>>(), keys);
        let second = &found[1];
        assert_eq!((second.runs, second.first, second.last), (1, Some(moment(1000)), Some(moment(1000))));
        assert_eq!((&second.computers[..], &second.hosts), (&["desk".to_owned()][..], &start.hosts));
        assert_eq!(second.counts.statuses().total(), 150);
        assert_eq!(store.campaigns("b"), Ok(Vec::new()));
        // Since it began nothing was sent by the others, but who knows when they were without a run.
        assert_eq!(occasions::recent(&store.connection, &keys, moment(2000)).expect("campaigns").len(), 3);
    }

    #[test]
    fn a_campaign_whose_last_run_ended_before_is_not_looked_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = SqliteStore::open(folder.path()).expect("a journal");
        let (keys, _) = history(&mut store);
        let end = "INSERT INTO run(campaign, started, ended, pid, host, version, digest, text, planned) \
                   VALUES(?1, 0, 60000, 1, '', '', '', '', 0)";
        store.connection.execute(end, [keys[0].0]).expect("a run");
        let left = |since| {
            let found = occasions::recent(&store.connection, &keys, since).expect("campaigns");
            found.iter().map(|campaign| campaign.key).collect::<Vec<_>>()
        };
        assert_eq!(left(moment(1)), keys);
        assert_eq!(left(moment(2)), keys[1..]);
    }
}
