//! What becomes of one row: a finished payload, or everything that is wrong with it.

mod bind;
mod row;

use crate::audience::column::ColumnRules;
use crate::audience::csv::guard::{results_columns, was_left_out};
use crate::audience::header::Header;
use crate::audience::lists::Matches;
use crate::audience::openid::{self};
use crate::audience::reader::Reader;
use crate::audience::row::{Cells, Row, Width};
use crate::audience::wishes::HiddenRows;
use crate::campaign::file::{Duplicates, InvalidRows};
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::message::body::Body;
use crate::plan::batch::{Verdict, Wrong};
use crate::plan::conditions::Conditions;
use crate::plan::damage::{self, Column, Found, Use};
use crate::plan::duplicates::{Repeated, SeenOpenids};
use crate::plan::inputs::Inputs;
use crate::plan::joined::{JoinCounts, Joiner, NoMatch};
use crate::plan::judge::bind::{
    NamedFile, constant_files, misread_names, noted_cells, omitted, openid_column,
};
use crate::plan::media::MediaPlace;
use crate::plan::renderer::Renderer;
use crate::plan::sample::chosen::Until;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::skip::Skip;
use crate::plan::windows::{TimesFound, WindowReader};

/// More messages than this to one person are refused by WeChat (docs/platform.md#windows).
const MOST_FOR_ONE: u32 = 5;

/// Judges rows of an audience that has these columns.
pub(crate) struct Judge<'a> {
    inputs: &'a Inputs<'a>,
    /// The message to write, where campaign and columns fit together.
    body: Option<&'a Body>,
    /// The columns of the audience alone.
    own: Header,
    /// The same with those of joined files behind them.
    header: Header,
    joiner: Joiner<'a>,
    renderer: Renderer,
    openid: usize,
    /// Where a file of results says what became of its rows before, and why.
    before: Option<(usize, usize)>,
    columns: Vec<(usize, &'a ColumnRules)>,
    /// The columns that message, openid and rules use.
    used: Vec<bool>,
    seen: SeenOpenids,
    texts: Vec<String>,
    damage: Found,
    conditions: Conditions,
    matches: Matches,
    window: Option<WindowReader<'a>>,
    /// Until when the messages since this was emptied last may be begun, where the campaign says by what.
    deadlines: Vec<Deadline>,
    files: Vec<NamedFile>,
    /// Where the payloads since they were taken last name media files, by row.
    places: Vec<(u64, MediaPlace)>,
    faults: Diagnostics,
    /// How many rows had too few or too many cells.
    ragged: u64,
    /// Faults of the templates themselves that rows brought to light.
    told: Vec<Diagnostic>,
    /// The first thing that is wrong with the row that was judged last.
    wrong: Option<Wrong>,
}

/// What a judge found in all its rows.
pub(crate) struct Findings {
    pub(crate) damage: Found,
    pub(crate) conditions: Conditions,
    pub(crate) matches: Matches,
    pub(crate) times: TimesFound,
    pub(crate) joins: JoinCounts,
}

impl<'a> Judge<'a> {
    /// Binds a campaign to the columns of its audience. `repeated` are the hashes of openids that an earlier
    /// reading saw in several rows. What does not fit is among the [`faults`](Self::take_faults): nothing is
    /// planned then, but the rows can be looked at.
    ///
    /// # Errors
    ///
    /// Every fault, when there is no openid column: then no row can be looked at.
    pub(crate) fn bind(
        inputs: &'a Inputs<'a>,
        reader: &Reader,
        repeated: Repeated,
    ) -> Result<Self, Vec<Diagnostic>> {
        let own = reader.header();
        let mut faults = Vec::new();
        let openid = openid_column(&inputs.audience.openid_column, own, &mut faults);
        let (joiner, header) = Joiner::bind(&inputs.audience.joins, own, &mut faults);
        let header = &header;
        let mut columns = Vec::new();
        for (name, rules) in &inputs.audience.columns {
            match header.position(name) {
                Some(index) => columns.push((index, rules)),
                // Of columns that may stand in a file that cannot be read nothing can be said.
                None if joiner.is_broken() => {}
                None => {
                    let at = FieldPath::of("audience.columns").key(name);
                    let fault = Diagnostic::new(Code::RuleWithoutColumn, Place::Key(at)).with("name", name);
                    faults.push(fault.near(name, header.names()));
                }
            }
        }
        faults.extend(omitted(inputs.omitted, own));
        let rules = &inputs.audience.columns;
        let slots = if joiner.is_broken() { &[] } else { inputs.slots.as_slice() };
        // Without a column of openids no row is rendered, but the faults of the texts are told in the same go.
        let (renderer, unbound) = Renderer::bind(slots, header, openid.unwrap_or(0), rules);
        faults.extend(unbound);
        let files = constant_files(inputs, &renderer, &mut faults);
        let window = inputs.audience.window.as_ref().filter(|_| !joiner.is_broken());
        let window = window.and_then(|window| WindowReader::bind(window, header, &mut faults));
        let Some(openid) = openid else { return Err(faults) };
        let mut kept = Diagnostics::default();
        kept.extend(faults);
        let (mut used, mut uses) = (vec![false; header.width()], vec![Use::default(); header.width()]);
        renderer.exact_columns().for_each(|cell| uses[cell].exact = true);
        renderer.gap_columns().for_each(|cell| uses[cell].gap = true);
        let rules = columns.iter().map(|(cell, _)| *cell);
        renderer.columns().chain(rules).chain(joiner.keys()).for_each(|cell| used[cell] = true);
        let watched = header.names().enumerate().filter(|(cell, _)| used[*cell] && *cell != openid);
        let watched = watched.map(|(cell, name)| Column::new(cell, name, uses[cell]));
        let first_column = reader.sheet().map_or(0, |sheet| sheet.first_column);
        let names = header.names().map(str::to_owned).collect();
        let damage = Found::new(first_column, (openid, &inputs.audience.openid_column), names, watched);
        used[openid] = true;
        // What a spreadsheet did to a time is told by whoever reads it; what keeps its cell from being used is told here.
        window.iter().flat_map(WindowReader::columns).for_each(|cell| used[cell] = true);
        kept.extend(joiner.ambiguous(header, |cell| used[cell]));
        let told = own.names().enumerate().filter(|(cell, _)| used[*cell]);
        kept.extend(told.flat_map(|(cell, name)| noted_cells(inputs, reader, cell, name)));
        kept.extend(misread_names(reader));
        let names: Vec<&str> = header.names().collect();
        let conditions = Conditions::of(&renderer, &names, openid);
        Ok(Self {
            inputs,
            body: inputs.body.filter(|_| kept.errors() == 0 && !joiner.is_broken()),
            own: own.clone(),
            header: header.clone(),
            joiner,
            renderer,
            openid,
            before: results_columns(&names)
                .and_then(|own| Some((own_position(own[0], &names)?, own_position(own[2], &names)?))),
            columns,
            used,
            seen: SeenOpenids::new(repeated),
            texts: Vec::new(),
            damage,
            conditions,
            matches: Matches::of(&inputs.audience.lists),
            window,
            deadlines: Vec::new(),
            files,
            places: Vec::new(),
            faults: kept,
            ragged: 0,
            told: Vec::new(),
            wrong: None,
        })
    }

    /// The columns, those of joined files behind those of the audience.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The columns of the audience alone.
    pub(crate) fn own_header(&self) -> &Header {
        &self.own
    }

    /// The row that was judged last with all its columns.
    pub(crate) fn whole<'r>(&'r self, row: &'r Row) -> &'r Row {
        if self.joiner.is_empty() { row } else { self.joiner.row() }
    }

    /// The index of the column that holds the openid.
    pub(crate) fn openid(&self) -> usize {
        self.openid
    }

    /// The templates, bound to the columns.
    pub(crate) fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// The texts of the row that was judged last, where it became a message: one a slot of the body.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Whether no text uses a column although there are more than the one of the openids.
    pub(crate) fn is_same_for_all(&self) -> bool {
        let named = self.header.names().filter(|name| !name.is_empty()).count();
        named > 1 && self.renderer.columns().next().is_none()
    }

    /// The faults since they were taken last.
    pub(crate) fn take_faults(&mut self) -> Diagnostics {
        std::mem::take(&mut self.faults)
    }

    /// What was found in the cells of all rows.
    pub(crate) fn into_findings(self) -> Findings {
        let times = self.window.map_or_else(TimesFound::default, WindowReader::into_found);
        let joins = self.joiner.into_counts();
        Findings { damage: self.damage, conditions: self.conditions, matches: self.matches, times, joins }
    }

    /// Where the payloads since this was emptied last name media files, by row.
    pub(crate) fn places(&mut self) -> &mut Vec<(u64, MediaPlace)> {
        &mut self.places
    }

    /// Where the payload of the row that was judged last names media files, before these places were taken.
    pub(crate) fn media_of(&self, row: u64) -> Vec<MediaPlace> {
        let first = self.places.partition_point(|(other, _)| *other < row);
        self.places[first..].iter().map(|(_, place)| place.clone()).collect()
    }

    /// Until when the message of the row that was judged last may be begun, before these deadlines were taken.
    pub(crate) fn until(&self) -> Option<Until> {
        let (window, deadline) = (self.inputs.audience.window.as_ref()?, self.deadlines.last()?);
        Some(Until::of(*deadline, &window.zone))
    }

    /// Until when the messages since this was emptied last may be begun.
    pub(crate) fn deadlines(&mut self) -> &mut Vec<Deadline> {
        &mut self.deadlines
    }

    /// The first thing that is wrong with the row that was judged last.
    pub(crate) fn wrong(&self) -> Option<Wrong> {
        self.wrong
    }

    /// Judges a row. Its payload is appended to `payloads` where it has one.
    pub(crate) fn row(&mut self, row: &Row, width: Width, payloads: &mut Vec<u8>) -> Verdict {
        self.wrong = None;
        match self.judged(row, width, payloads) {
            Verdict::Skipped { why: why @ Skip::Duplicate, openid: _ } => skipped(why),
            Verdict::Skipped { why, openid: _ } => Verdict::Skipped { why, openid: self.only_row_of(row) },
            message @ Verdict::Message { .. } => message,
        }
    }

    /// Whose row it is, where that can be told and no other row is theirs.
    fn only_row_of(&self, row: &Row) -> Option<Box<str>> {
        if row.troubles().iter().any(|(cell, _)| *cell == self.openid) {
            return None;
        }
        // A row that is no text has been told as such.
        let cells = row.cells().ok()?;
        let openid = cells.or_blank(self.openid);
        let is_known = openid::check(openid).is_ok() && !self.seen.is_repeated(openid);
        is_known.then(|| openid.into())
    }

    fn judged(&mut self, row: &Row, width: Width, payloads: &mut Vec<u8>) -> Verdict {
        if row.hidden {
            return skipped(Skip::Hidden);
        }
        let cells = match row.cells() {
            Ok(cells) => cells,
            Err(fault) => {
                self.wrong = Some(Wrong { code: fault.code, cell: None });
                self.faults.push(fault);
                return skipped(Skip::Invalid);
            }
        };
        if let Some(why) = self.barred(row, width, &cells) {
            return skipped(why);
        }
        if let Some(skip) = self.left_out_before(row, &cells) {
            return skipped(skip);
        }
        if let Width::Ragged { cells: count } = width {
            RowCheck { judge: self, row, cells: &cells, sound: true }.ragged(count);
            return skipped(Skip::Invalid);
        }
        if self.joiner.is_empty() {
            return self.whole_row(row, &cells, None, payloads);
        }
        let missing = self.joiner.look(row, &cells);
        let whole = self.joiner.take();
        let cells = whole.cells().expect("its cells are texts that were put together");
        let verdict = self.whole_row(&whole, &cells, missing, payloads);
        self.joiner.give_back(whole);
        verdict
    }

    /// Judges a row that has all its columns.
    fn whole_row(
        &mut self,
        row: &Row,
        cells: &Cells<'_>,
        missing: Option<NoMatch<'_>>,
        payloads: &mut Vec<u8>,
    ) -> Verdict {
        let mut check = RowCheck { judge: self, row, cells, sound: true };
        let troubled = check.troubles();
        let openid = check.openid();
        if !check.sound && damage::is_nobody(openid, &check.judge.inputs.audience.openid_column) {
            // Nobody gets this row, so faults in its other cells do not matter.
            return skipped(Skip::Invalid);
        }
        let before = check.judge.seen.before(openid);
        match check.judge.inputs.audience.duplicates {
            Duplicates::First if before > 0 => {
                check.duplicate(openid, Code::DuplicateSkipped);
                return skipped(Skip::Duplicate);
            }
            Duplicates::Error if before > 0 => check.duplicate(openid, Code::DuplicateOpenid),
            Duplicates::Each if before >= MOST_FOR_ONE => check.duplicate(openid, Code::TooManyForOne),
            Duplicates::First | Duplicates::Error | Duplicates::Each => {}
        }
        if troubled {
            // Faults in its cells would only be reported a second time.
            return skipped(Skip::Invalid);
        }
        if let Some(missing) = missing {
            return skipped(check.unmatched(missing));
        }
        check.columns();
        check.damage();
        check.render();
        check.files();
        let deadline = check.window(before + 1);
        if !check.sound {
            return skipped(Skip::Invalid);
        }
        self.deadlines.extend(deadline);
        self.seen.take(openid);
        self.conditions.look(row, cells);
        let start = payloads.len();
        match self.body {
            Some(body) if self.files.is_empty() => body.write(openid, &self.texts, payloads),
            Some(body) => self.write_with_media(body, openid, row.number, payloads),
            // Nothing is sent of a faulty campaign, but repeated openids are told.
            None => Body::write_openid(openid, payloads),
        }
        Verdict::Message { openid: openid.len(), payload: start..payloads.len(), nth: before + 1 }
    }
}

fn skipped(why: Skip) -> Verdict {
    Verdict::Skipped { why, openid: None }
}

impl Judge<'_> {
    /// Why the lists keep this row from becoming a message, where they do. What else may be wrong with it is then
    /// nobody's trouble. A row whose openid cannot be told is left to be judged as all others are.
    fn barred(&mut self, row: &Row, width: Width, cells: &Cells<'_>) -> Option<Skip> {
        let lists = &self.inputs.audience.lists;
        if lists.is_empty() || width != Width::Full {
            return None;
        }
        let openid = cells.or_blank(self.openid);
        let troubled = row.troubles().iter().any(|(cell, _)| *cell == self.openid);
        if troubled || openid::check(openid).is_err() {
            return None;
        }
        self.matches.add(lists, openid).map(Skip::from)
    }

    /// Whether the row stands in a file of results that says that somebody left it out on purpose, and is not wanted now.
    fn left_out_before(&mut self, row: &Row, cells: &Cells<'_>) -> Option<Skip> {
        let (status, reason) = self.before?;
        let cell = |cell: usize| cells.or_blank(cell).trim();
        if !was_left_out(cell(status), cell(reason)) {
            return None;
        }
        match self.inputs.audience.source.hidden_rows {
            HiddenRows::Include => None,
            HiddenRows::Skip => Some(Skip::Hidden),
            HiddenRows::Error => {
                let skip = self.inputs.audience.invalid_rows == InvalidRows::Skip;
                self.damage.add(Code::SkippedBefore, row, reason, cell(reason), skip);
                self.wrong = Some(Wrong { code: Code::SkippedBefore, cell: Some(reason) });
                Some(Skip::Invalid)
            }
        }
    }

    /// Writes a payload in which files are named by their content, and notes where.
    fn write_with_media(&mut self, body: &Body, openid: &str, row: u64, payloads: &mut Vec<u8>) {
        for named in &self.files {
            if let Some(text) = self.texts.get_mut(named.name.index) {
                text.clone_from(&named.content);
            }
        }
        let (files, places, start) = (&self.files, &mut self.places, payloads.len());
        body.write_and_note(openid, &self.texts, payloads, |slot, range| {
            let named = files.iter().find(|named| named.name.index == slot);
            if let Some(file) = named.and_then(|named| named.file.clone()) {
                let range = range.start - start..range.end - start;
                places.push((row, MediaPlace { range, slot, file }));
            }
        });
    }
}

fn own_position(name: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|own| *own == name)
}

/// One row that is being checked, and whether it is sound as far as that has come.
struct RowCheck<'p, 'r, 'a> {
    judge: &'p mut Judge<'a>,
    row: &'r Row,
    cells: &'r Cells<'r>,
    sound: bool,
}
