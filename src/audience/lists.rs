//! Files of people beside an audience: those who get nothing, and those who alone get something.
//!
//! A list is read once for a campaign and kept as its openids. Whoever stands in one is found letter by letter: a hash
//! only says where to look, so that nobody loses a message to somebody else's openid.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use foldhash::quality::FixedState;

use crate::audience::fence::Fence;
use crate::audience::openid::{self, OpenIdFault};
use crate::audience::reader::Reader;
use crate::audience::row::{Row, Width};
use crate::audience::side_file::SideFile;
use crate::audience::workbook::is_named_so;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{Place, RowPlace};
use crate::diagnostic::value::Value;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The column of openids in a list that has none of the audience's name.
const USUAL_COLUMN: &str = "openid";

/// The openids of one list.
type Openids = HashSet<Box<str>, FixedState>;

/// What a list does to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    /// Who stands in it gets nothing.
    Exclude,
    /// Who stands in none of these gets nothing.
    Only,
}

/// One file of people.
#[derive(Debug, Clone)]
pub(crate) struct List {
    /// What it does.
    pub(crate) membership: Membership,
    /// Whether it is likely the wrong file if nobody of the audience stands in it. One that holds for all campaigns may
    /// well have nobody of this one.
    pub(crate) expects_match: bool,
    /// The file.
    pub(crate) file: SideFile,
}

/// The lists of a campaign. What was read of them is kept for all copies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    all: Arc<[List]>,
    read: Arc<OnceLock<People>>,
}

/// What the lists hold.
#[derive(Debug, Default)]
struct People {
    /// The openids of each list, in the order of the lists.
    openids: Vec<Openids>,
    faults: Diagnostics,
}

/// Why the lists keep somebody from getting a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Barred {
    /// They stand in this list, by its number.
    Excluded(usize),
    /// They stand in none of those that would let them in.
    NotIncluded,
}

/// How many rows of an audience met each list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Matches {
    /// Rows whose openid stands in the list.
    found: Vec<u64>,
    /// Rows that it keeps from getting a message, those that an earlier list has kept already not counted.
    barred: Vec<u64>,
    /// Rows that stand in none of the lists that would let them in.
    not_included: u64,
}

impl Lists {
    /// These lists, none of them read yet.
    pub(crate) fn new(lists: Vec<List>) -> Self {
        Self { all: lists.into(), read: Arc::default() }
    }

    /// These and more, none of them read yet.
    pub(crate) fn and(&self, more: impl IntoIterator<Item = List>) -> Self {
        Self::new(self.all.iter().cloned().chain(more).collect())
    }

    /// The same lists, read only where they are inside of a fence.
    pub(crate) fn within(&self, fence: &Fence) -> Self {
        let within = |list: &List| List { file: list.file.within(fence), ..list.clone() };
        Self::new(self.all.iter().map(within).collect())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[List] {
        &self.all
    }

    /// What they hold; they are read when this is asked first.
    fn people(&self) -> &People {
        self.read.get_or_init(|| {
            let mut people = People::default();
            for list in self.all.iter() {
                let (openids, faults) = list.read();
                people.openids.push(openids);
                people.faults.absorb(faults);
            }
            people
        })
    }

    /// What is wrong with the files.
    pub(crate) fn faults(&self) -> Diagnostics {
        self.people().faults.clone()
    }

    /// Why they keep this person from getting a message, if they do.
    pub(crate) fn barred(&self, openid: &str) -> Option<Barred> {
        let people = self.people();
        let stands = |membership: Membership| {
            let lists = self.all.iter().zip(&people.openids).enumerate();
            lists
                .filter(move |(_, (list, _))| list.membership == membership)
                .find(|(_, (_, openids))| openids.contains(openid))
                .map(|(number, _)| number)
        };
        if let Some(number) = stands(Membership::Exclude) {
            return Some(Barred::Excluded(number));
        }
        let lets_in = self.all.iter().any(|list| list.membership == Membership::Only);
        (lets_in && stands(Membership::Only).is_none()).then_some(Barred::NotIncluded)
    }

    /// The policy that names the list which keeps somebody from getting a message, where one does.
    pub(crate) fn policy(&self, why: Barred) -> Option<&Path> {
        match why {
            Barred::Excluded(number) => self.all.get(number).and_then(List::policy),
            Barred::NotIncluded => None,
        }
    }

    /// The list by which a policy leaves somebody out, unless it is this one that does.
    pub(crate) fn ruled_out(&self, openid: &str, unless: Option<&Path>) -> Option<&List> {
        let lists = self.all.iter().zip(&self.people().openids);
        let mut ruled = lists.filter(|(list, openids)| {
            let policy = list.policy();
            list.membership == Membership::Exclude
                && policy.is_some()
                && policy != unless
                && openids.contains(openid)
        });
        ruled.next().map(|(list, _)| list)
    }

    /// The names of the lists that keep somebody from getting a message, for that reason.
    pub(crate) fn named(&self, why: Barred) -> String {
        match why {
            Barred::Excluded(number) => {
                self.all.get(number).expect("a list is known by its place among all").file.name.clone()
            }
            Barred::NotIncluded => {
                let only = self.all.iter().filter(|list| list.membership == Membership::Only);
                only.map(|list| list.file.name.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl Matches {
    /// None yet, of these lists.
    pub(crate) fn of(lists: &Lists) -> Self {
        let none = vec![0; lists.all.len()];
        Self { found: none.clone(), barred: none, not_included: 0 }
    }

    /// Takes in a row with this openid.
    pub(crate) fn add(&mut self, lists: &Lists, openid: &str) -> Option<Barred> {
        for (count, openids) in self.found.iter_mut().zip(&lists.people().openids) {
            *count += u64::from(openids.contains(openid));
        }
        let barred = lists.barred(openid);
        match barred {
            Some(Barred::Excluded(number)) => self.barred[number] += 1,
            Some(Barred::NotIncluded) => self.not_included += 1,
            None => {}
        }
        barred
    }

    /// Takes in what another judge counted.
    pub(crate) fn absorb(&mut self, other: &Self) {
        if self.found.is_empty() {
            self.clone_from(other);
            return;
        }
        let sums = [(&mut self.found, &other.found), (&mut self.barred, &other.barred)];
        for (sum, more) in sums {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        self.not_included += other.not_included;
    }

    /// How many rows were kept from getting a message, by what keeps them, in the order of the lists.
    pub(crate) fn barred(&self) -> Vec<(Barred, u64)> {
        let excluded =
            self.barred.iter().enumerate().map(|(number, count)| (Barred::Excluded(number), *count));
        excluded.chain([(Barred::NotIncluded, self.not_included)]).filter(|(_, count)| *count > 0).collect()
    }

    /// A warning for each list in which nobody of the audience stands: its file is likely the wrong one.
    pub(crate) fn warnings(&self, lists: &Lists) -> Vec<Diagnostic> {
        let found = self.found.iter().enumerate();
        let unmatched = found.filter(|(number, found)| **found == 0 && lists.all[*number].expects_match);
        unmatched
            .map(|(number, _)| {
                let (list, openids) = (&lists.all[number], &lists.people().openids[number]);
                Diagnostic::new(Code::ListWithoutMatch, list.file.at.clone())
                    .with("list", &list.file.name)
                    .with("people", openids.len())
            })
            .collect()
    }
}

impl List {
    /// The policy that names it, where it is not the campaign that does.
    pub(crate) fn policy(&self) -> Option<&Path> {
        if let Place::Policy(place) = &self.file.at { Some(&place.file) } else { None }
    }

    /// Its people in the order of their openids, and what is wrong with it.
    pub(crate) fn people(&self) -> (Vec<String>, Diagnostics) {
        let (openids, faults) = self.read();
        let mut people: Vec<String> = openids.into_iter().map(String::from).collect();
        people.sort_unstable();
        (people, faults)
    }

    /// Its openids, and what is wrong with it.
    fn read(&self) -> (Openids, Diagnostics) {
        let names = [self.file.source.openid.as_str(), USUAL_COLUMN];
        let (openids, faults) = self.file.read(&names, |reader, faults| {
            let mut openids = Openids::default();
            self.rows(reader, &mut openids, faults);
            openids
        });
        // Nobody is let in by a list that cannot be read, and nothing is sent while one cannot.
        (openids.unwrap_or_default(), faults)
    }

    fn rows(&self, reader: &mut Reader, openids: &mut Openids, faults: &mut Diagnostics) {
        let header = reader.header();
        let names: Vec<String> = header.names().map(str::to_owned).collect();
        let position = header.position(&self.file.source.openid).or_else(|| header.position(USUAL_COLUMN));
        let Some(cell) = position else {
            let fault = Diagnostic::new(Code::ListWithoutOpenids, Place::Header { cell: 0, column: None });
            let fault = fault.with("name", &self.file.source.openid).with("columns", names.join(", "));
            faults.push(fault.near(&self.file.source.openid, names.iter().map(String::as_str)));
            return;
        };
        let mut row = Row::default();
        loop {
            match reader.read(&mut row) {
                Ok(Some(_)) if row.hidden => {}
                Ok(Some(width)) => match openid_of(&row, width, cell, names.len()) {
                    Ok(openid) => {
                        openids.insert(openid);
                    }
                    Err(fault) => {
                        faults.push(self.file.of_row(fault));
                    }
                },
                Ok(None) => return,
                Err(fault) => {
                    faults.push(fault);
                    return;
                }
            }
        }
    }
}

/// The openid of a row of a list, judged as one of an audience is.
fn openid_of(row: &Row, width: Width, cell: usize, columns: usize) -> Result<Box<str>, Diagnostic> {
    let place = |cell: Option<usize>| {
        let mut place = RowPlace::new(row.number, row.line);
        place.cell = cell;
        Place::Row(place)
    };
    if let Width::Ragged { cells } = width {
        let fault = Diagnostic::new(Code::RaggedRow, place(None));
        return Err(fault.with("cells", cells).with("expected", columns));
    }
    let text = row.cells()?.or_blank(cell);
    match openid::check(text) {
        Ok(_) => Ok(text.into()),
        Err(OpenIdFault::Empty) => Err(Diagnostic::new(Code::OpenidEmpty, place(Some(cell)))),
        Err(OpenIdFault::TooLong { length }) => {
            Err(Diagnostic::new(Code::OpenidTooLong, place(Some(cell))).with("length", length))
        }
        Err(OpenIdFault::Character { character, .. }) => {
            Err(Diagnostic::new(Code::OpenidCharacter, place(Some(cell)))
                .with("openid", Value::openid(text.escape_debug()))
                .with("character", Value::text(character.escape_debug())))
        }
    }
}

/// The file and the sheet that a list's name says: `已购买.xlsx#名单` is a sheet of a workbook. Other files may have a
/// `#` in their names.
pub(crate) fn parts(name: &str) -> (&str, Option<&str>) {
    let mut signs = name.match_indices('#');
    match signs.find(|(at, _)| is_named_so(Path::new(&name[..*at]))) {
        Some((at, sign)) => (&name[..at], Some(&name[at + sign.len()..])),
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::source::Source;
    use crate::diagnostic::place::FieldPath;

    fn list(folder: &Path, membership: Membership, name: &str, text: &str) -> List {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        let source = Source { path, openid: "openid".into(), ..Source::default() };
        let at = Place::Field(FieldPath::of("audience.exclude").index(0));
        let codes = (Code::ListUnreadable, Code::ListSpecial);
        let file = SideFile { name: name.into(), at, source, skips_faulty: false, codes };
        List { membership, expects_match: true, file }
    }

    #[test]
    fn only_lets_in_and_exclude_keeps_out_whoever_stands_in_both() {
        let folder = tempfile::tempdir().expect("a folder");
        let lists = Lists::new(vec![
            list(folder.path(), Membership::Only, "vip.csv", "openid\na\nb\n"),
            list(folder.path(), Membership::Exclude, "bought.csv", "openid,day\nb,1\n"),
            list(folder.path(), Membership::Only, "more.csv", "openid\nc\n"),
        ]);
        let why = ["a", "b", "c", "d"].map(|openid| lists.barred(openid));
        assert_eq!(why, [None, Some(Barred::Excluded(1)), None, Some(Barred::NotIncluded)]);
        assert_eq!(lists.named(Barred::NotIncluded), "vip.csv, more.csv");
        assert_eq!(lists.people().faults.errors(), 0);
        let mut matches = Matches::of(&lists);
        for openid in ["a", "b", "d", "e"] {
            matches.add(&lists, openid);
        }
        assert_eq!(matches.barred(), [(Barred::Excluded(1), 1), (Barred::NotIncluded, 2)]);
        let told: Vec<_> = matches.warnings(&lists).iter().map(|one| one.values[0].1.to_string()).collect();
        assert_eq!(told, ["more.csv"]);
    }

    #[test]
    fn a_sheet_is_named_behind_a_workbook_alone() {
        assert_eq!(parts("已购买.xlsx#名单"), ("已购买.xlsx", Some("名单")));
        assert_eq!(parts("a#1.xlsx#b#2"), ("a#1.xlsx", Some("b#2")));
        assert_eq!(parts("a#1.csv"), ("a#1.csv", None));
    }
}
