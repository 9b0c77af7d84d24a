//! The people that the simulated account knows: a CSV beside the scenario, or so many made-up ones.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::simulator::misfit::{RowMisfit, misfit};
use crate::simulator::units::Start;

/// The ids of tags begin here; below it are the platform's own groups.
const FIRST_TAG: i64 = 100;
/// How the openids of made-up people begin.
const MADE: &str = "oSIMULATED";

/// How the end of a list is told (docs/platform.md#followers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// By an empty `next_openid` on the last page.
    #[default]
    Empty,
    /// By one more page, on which nobody stands.
    Nobody,
}

/// `[followers]` (docs/platform.md#people).
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FollowersTable {
    /// A file of whom the account knows, beside the scenario.
    pub(crate) file: Option<String>,
    /// So many made-up followers.
    pub(crate) count: u64,
    pub(crate) page: usize,
    /// Who begins to follow once the first page was given.
    pub(crate) arrive: Vec<String>,
    /// How many people of a page stand on the next one again.
    pub(crate) repeat: usize,
    pub(crate) end: End,
    /// Whether pages have an errcode.
    pub(crate) errcode: bool,
    /// How many calls of `user/get` a day takes.
    pub(crate) daily: Option<u64>,
    pub(crate) records: Recorded,
}

/// What `getmsglist` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Recorded {
    /// That the new customer service is not switched on.
    #[default]
    Off,
    /// Nothing.
    Empty,
    /// What the people of the file wrote.
    Messages,
}

impl Default for FollowersTable {
    fn default() -> Self {
        Self {
            file: None,
            count: 0,
            page: 10_000,
            arrive: Vec::new(),
            repeat: 0,
            end: End::Empty,
            errcode: false,
            daily: None,
            records: Recorded::Off,
        }
    }
}

/// Somebody whom the account knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Person {
    pub(crate) openid: String,
    pub(crate) follows: bool,
    pub(crate) since: i64,
    pub(crate) unionid: String,
    pub(crate) tags: Vec<i64>,
    pub(crate) remark: String,
    pub(crate) source: String,
    pub(crate) scene: String,
    pub(crate) blacklisted: bool,
    /// When they wrote to a service account.
    pub(crate) wrote: Vec<i64>,
}

/// Everybody whom the account knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crowd {
    people: Vec<Person>,
    by_openid: BTreeMap<String, usize>,
    /// The names of the tags, in the order of their ids.
    tags: Vec<String>,
    /// How many made-up people there are beside them.
    made: u64,
    /// Who begins to follow once a page was given.
    arriving: Vec<String>,
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) total: usize,
    pub(crate) openids: Vec<String>,
    pub(crate) next: String,
}

impl Crowd {
    /// Those of the scenario that are in no file.
    pub(crate) fn of(table: &FollowersTable) -> Self {
        Self { made: table.count, arriving: table.arrive.clone(), ..Self::default() }
    }

    /// Reads a CSV with the column `openid` and those of its other columns that it has.
    pub(crate) fn read(&mut self, text: &str) -> Result<(), RowMisfit> {
        let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let names = rows.headers().map_err(|error| RowMisfit::of_parser(&error))?.clone();
        let column = |name: &str| names.iter().position(|known| known.trim() == name);
        if column("openid").is_none() {
            return Err(RowMisfit::of_header(misfit("people-column", &[("name", &"openid")])));
        }
        for row in rows.records() {
            let row = row.map_err(|error| RowMisfit::of_parser(&error))?;
            let cell = |name: &str| column(name).and_then(|at| row.get(at)).unwrap_or("");
            let truth = |name: &str| matches!(cell(name).trim(), "1" | "true" | "yes");
            let tags = parts(cell("tags")).map(|name| self.tag(name)).collect();
            let times = |name: &'static str| {
                let at = column(name).unwrap_or(0);
                let read = |text| time(text).ok_or_else(|| RowMisfit::of_time(&row, at, name, text));
                parts(cell(name)).map(read).collect::<Result<Vec<i64>, _>>()
            };
            let (wrote, since) = (times("wrote")?, times("subscribe_time")?.first().copied());
            self.add(Person {
                openid: cell("openid").trim().to_owned(),
                follows: column("subscribe").is_none() || truth("subscribe"),
                since: since.unwrap_or(1_600_000_000),
                unionid: cell("unionid").to_owned(),
                tags,
                remark: cell("remark").to_owned(),
                source: cell("subscribe_scene").to_owned(),
                scene: cell("qr_scene").to_owned(),
                blacklisted: truth("blacklisted"),
                wrote,
            });
        }
        Ok(())
    }

    fn add(&mut self, person: Person) {
        self.by_openid.insert(person.openid.clone(), self.people.len());
        self.people.push(person);
    }

    /// The id of a tag, which is there from now on.
    fn tag(&mut self, name: &str) -> i64 {
        let at = self.tags.iter().position(|known| known == name).unwrap_or_else(|| {
            self.tags.push(name.to_owned());
            self.tags.len() - 1
        });
        FIRST_TAG + at as i64
    }

    /// Every tag with its id and how many people have it.
    pub(crate) fn tags(&self) -> Vec<(i64, &str, usize)> {
        let ids = (FIRST_TAG..).zip(&self.tags);
        ids.map(|(id, name)| (id, name.as_str(), self.tagged(id).count())).collect()
    }

    /// Whether there is a tag of this id.
    pub(crate) fn has_tag(&self, id: i64) -> bool {
        usize::try_from(id - FIRST_TAG).is_ok_and(|at| at < self.tags.len())
    }

    fn tagged(&self, id: i64) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(move |person| person.follows && person.tags.contains(&id))
    }

    /// A person by their openid, made-up ones too.
    pub(crate) fn person(&self, openid: &str) -> Option<Person> {
        if let Some(at) = self.by_openid.get(openid) {
            return self.people.get(*at).cloned();
        }
        let number = number_of(openid).filter(|number| *number < self.made)?;
        let since = 1_600_000_000 + i64::try_from(number % 100_000_000).ok()?;
        Some(Person { openid: openid.to_owned(), follows: true, since, ..Person::default() })
    }

    /// Everybody's records, in the order of the times.
    pub(crate) fn wrote(&self) -> Vec<(i64, &str)> {
        let each = |person: &Person| person.wrote.clone();
        let mut all: Vec<(i64, &str)> = self
            .people
            .iter()
            .flat_map(|person| each(person).into_iter().map(|at| (at, person.openid.as_str())))
            .collect();
        all.sort_unstable();
        all
    }

    /// Part of the list of followers. Once the first one was given, those who arrive stand at the head of the list.
    pub(crate) fn followers(&mut self, behind: &str, table: &FollowersTable) -> Result<Part, i64> {
        let listed = self.people.iter().filter(|person| person.follows).count();
        let part = if self.made > 0 && (number_of(behind).is_some() || listed == 0) {
            self.made_up(behind, table)?
        } else {
            let all: Vec<&str> = self
                .people
                .iter()
                .filter(|person| person.follows)
                .map(|person| person.openid.as_str())
                .collect();
            part(&all, behind, table.page, table)?
        };
        if !self.arriving.is_empty() {
            for openid in std::mem::take(&mut self.arriving).into_iter().rev() {
                self.people.insert(0, Person { openid, follows: true, ..Person::default() });
            }
            let people = self.people.iter().enumerate();
            self.by_openid = people.map(|(at, person)| (person.openid.clone(), at)).collect();
        }
        Ok(part)
    }

    fn made_up(&self, behind: &str, table: &FollowersTable) -> Result<Part, i64> {
        let first = match (behind, number_of(behind)) {
            ("", _) => 0,
            (_, Some(number)) if number < self.made => number + 1,
            _ => return Err(40003),
        };
        let last = (first + table.page as u64).min(self.made);
        let openids: Vec<String> = (first..last).map(|number| format!("{MADE}{number:018}")).collect();
        let is_last = last >= self.made && table.end == End::Empty;
        let next = if is_last { String::new() } else { openids.last().cloned().unwrap_or(behind.to_owned()) };
        Ok(Part { total: usize::try_from(self.made).unwrap_or(usize::MAX), openids, next })
    }

    /// Part of the list of those with a tag.
    pub(crate) fn part_of_tag(&self, id: i64, behind: &str, table: &FollowersTable) -> Result<Part, i64> {
        let all: Vec<&str> = self.tagged(id).map(|person| person.openid.as_str()).collect();
        part(&all, behind, table.page, table)
    }

    /// Part of the blacklist.
    pub(crate) fn blacklist(&self, behind: &str, table: &FollowersTable) -> Result<Part, i64> {
        let all = self.people.iter().filter(|person| person.blacklisted);
        let all: Vec<&str> = all.map(|person| person.openid.as_str()).collect();
        part(&all, behind, table.page.min(1000), table)
    }
}

/// The part of a list that begins behind somebody.
fn part(all: &[&str], behind: &str, page: usize, table: &FollowersTable) -> Result<Part, i64> {
    let at = match all.iter().position(|openid| *openid == behind) {
        Some(at) => at + 1,
        None if behind.is_empty() => 0,
        None => return Err(40003),
    };
    let last = (at + page).min(all.len());
    // Behind the last one there is nobody, whoever would stand there twice.
    let first = if at >= all.len() { last } else { at.saturating_sub(table.repeat) };
    let given = &all[first..last];
    let is_last = last >= all.len() && table.end == End::Empty;
    let next = if is_last { "" } else { given.last().copied().unwrap_or(behind) };
    Ok(Part {
        total: all.len(),
        openids: given.iter().map(|openid| (*openid).to_owned()).collect(),
        next: next.to_owned(),
    })
}

fn number_of(openid: &str) -> Option<u64> {
    openid.strip_prefix(MADE)?.parse().ok()
}

/// What stands between semicolons.
fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// Seconds since 1970, or what a scenario writes as a moment.
fn time(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| Some(Start::parse(text)?.0.as_second()))
}
