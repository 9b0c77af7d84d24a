//! What becomes of one row: a finished payload, or everything that is wrong with it.

use std::sync::Arc;

use crate::audience::characters;
use crate::audience::column::ColumnRules;
use crate::audience::csv::guard::{results_columns, was_left_out};
use crate::audience::damage::{Damage, look, may_be_odd};
use crate::audience::header::Header;
use crate::audience::join::key_value;
use crate::audience::lists::Matches;
use crate::audience::openid::{self, OpenIdFault, Shape};
use crate::audience::reader::Reader;
use crate::audience::row::{Cells, Row, Width};
use crate::audience::wishes::{HiddenRows, Unmatched};
use crate::audience::workbook::table::{Note, Noted};
use crate::campaign::file::{Duplicates, InvalidRows};
use crate::diagnostic::code::Code;
use crate::diagnostic::people::People;
use crate::diagnostic::place::{FieldPath, Place, RowPlace, cell_name};
use crate::diagnostic::value::{Key, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::message::body::Body;
use crate::message::problem::Problem;
use crate::plan::batch::{Verdict, Wrong};
use crate::plan::conditions::Conditions;
use crate::plan::damage::{self, Column, Found, Use, code_of_trouble};
use crate::plan::duplicates::{Repeated, Seen};
use crate::plan::inputs::Inputs;
use crate::plan::joined::{JoinCounts, Joiner, NoMatch};
use crate::plan::media::{Looked, MediaFile, MediaPlace, stays_in};
use crate::plan::renderer::{FileName, Renderer, fault_of};
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
    seen: Seen,
    texts: Vec<String>,
    damage: Found,
    conditions: Conditions,
    matches: Matches,
    window: Option<WindowReader<'a>>,
    /// Until when the messages since this was emptied last may be begun, where the campaign says by what.
    deadlines: Vec<Deadline>,
    files: Vec<Named>,
    /// Where the payloads since they were taken last name media files, by row.
    places: Vec<(u64, MediaPlace)>,
    faults: Diagnostics,
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

/// A text that names a media file, and the file it names now.
struct Named {
    name: FileName,
    file: Option<Arc<MediaFile>>,
    /// How a payload names its content.
    content: String,
}

impl Named {
    fn new(name: FileName) -> Self {
        Self { name, file: None, content: String::new() }
    }

    fn set(&mut self, file: Option<Arc<MediaFile>>) {
        self.content = file.as_ref().map_or_else(String::new, |file| file.content.to_string());
        self.file = file;
    }
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
            seen: Seen::new(repeated),
            texts: Vec::new(),
            damage,
            conditions,
            matches: Matches::of(&inputs.audience.lists),
            window,
            deadlines: Vec::new(),
            files,
            places: Vec::new(),
            faults: kept,
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
            Look { judge: self, row, cells: &cells, sound: true }.ragged(count);
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
        let mut look = Look { judge: self, row, cells, sound: true };
        let troubled = look.troubles();
        let openid = look.openid();
        if !look.sound && damage::is_nobody(openid, &look.judge.inputs.audience.openid_column) {
            // Nobody gets this row, so faults in its other cells do not matter.
            return skipped(Skip::Invalid);
        }
        let before = look.judge.seen.before(openid);
        match look.judge.inputs.audience.duplicates {
            Duplicates::First if before > 0 => {
                look.duplicate(openid, Code::DuplicateSkipped);
                return skipped(Skip::Duplicate);
            }
            Duplicates::Error if before > 0 => look.duplicate(openid, Code::DuplicateOpenid),
            Duplicates::Each if before >= MOST_FOR_ONE => look.duplicate(openid, Code::TooManyForOne),
            Duplicates::First | Duplicates::Error | Duplicates::Each => {}
        }
        if troubled {
            // Faults in its cells would only be reported a second time.
            return skipped(Skip::Invalid);
        }
        if let Some(missing) = missing {
            return skipped(look.unmatched(missing));
        }
        look.columns();
        look.damage();
        look.render();
        look.files();
        let deadline = look.window(before + 1);
        if !look.sound {
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

/// The cell of the row that a fault points at. One in a joined file is none of them.
fn cell_of(at: &Place) -> Option<usize> {
    match at {
        Place::Row(place) => place.cell,
        Place::Campaign
        | Place::CampaignSpan(_)
        | Place::Field(_)
        | Place::Key(_)
        | Place::Policy(_)
        | Place::Within(..)
        | Place::Audience
        | Place::Line(_)
        | Place::Header { .. }
        | Place::List(_) => None,
    }
}

fn skipped(why: Skip) -> Verdict {
    Verdict::Skipped { why, openid: None }
}

/// A fault of a row with these cells. Any text of the row may quote people: a helper's cell, an address made from it.
fn named(fault: Diagnostic, openid: Option<&str>, cells: &Cells<'_>) -> Diagnostic {
    fault.naming(&People::of(openid, cells.iter()))
}

/// What has destroyed an openid, where it can be told.
fn destroyed_by(openid: &str) -> Option<Code> {
    match look(openid, true).damage {
        Some(damage @ (Damage::Scientific | Damage::ErrorValue | Damage::Destroyed)) => {
            Some(damage::code_of(damage))
        }
        Some(
            Damage::Picture
            | Damage::TooNarrow
            | Damage::Formula
            | Damage::Placeholder
            | Damage::Lost
            | Damage::Apostrophe
            | Damage::NullWord
            | Damage::TextMark
            | Damage::Misread
            | Damage::PrivateUse
            | Damage::Markup
            | Damage::Blanks
            | Damage::Invisible
            | Damage::FullWidth,
        )
        | None => None,
    }
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

/// The texts that name media files. Those that are the same for everybody are looked at here, once.
fn constant_files(inputs: &Inputs<'_>, renderer: &Renderer, faults: &mut Vec<Diagnostic>) -> Vec<Named> {
    let look = |name: FileName| {
        let mut named = Named::new(name);
        let name = &named.name;
        let Some(constant) = name.constant.as_ref().filter(|name| !name.trim().is_empty()) else {
            return named;
        };
        let looked = inputs.library.look(name.upload, constant);
        let told = looked.problems.iter().cloned();
        faults.extend(told.map(|problem| fault_of(problem, &name.at, Place::Field(name.at.clone()))));
        named.set(looked.file);
        named
    };
    renderer.file_names().into_iter().map(look).collect()
}

/// What is worth knowing of the cells of a column that can be used: dates that every computer shows in its own way,
/// formulas of today, texts that a `format` does nothing to.
fn noted_cells(inputs: &Inputs<'_>, reader: &Reader, cell: usize, name: &str) -> Vec<Diagnostic> {
    // How the times of a window are written is asked for by no `format`, and told by the window.
    let of_window = inputs.audience.window.as_ref().is_some_and(|window| window.column == name);
    let at = || Place::Header { cell, column: None };
    let Some(sheet) = reader.sheet() else {
        let formats = &inputs.audience.source.formats;
        let asked = !of_window && formats.iter().any(|(own, _)| own == name);
        let fault = || {
            Diagnostic::new(Code::FormatWithoutEffect, at())
                .with("column", name)
                .with("reason", Key::new("format.csv"))
        };
        return asked.then(fault).into_iter().collect();
    };
    let told = |(note, noted): (Note, &Noted)| {
        let place = |line: &u32| cell_name(sheet.first_column + cell, u64::from(*line));
        let places: Vec<String> = noted.lines.iter().map(place).collect();
        let more = if noted.count > places.len() as u64 { " …" } else { "" };
        let fault = match note {
            Note::Regional => Diagnostic::new(Code::RegionalDate, at()).with("format", &*noted.format),
            Note::Volatile => Diagnostic::new(Code::VolatileFormula, at()),
            Note::NoDate if of_window => return None,
            Note::NoDate => {
                Diagnostic::new(Code::FormatWithoutEffect, at()).with("reason", Key::new("format.no-dates"))
            }
        };
        let fault = fault.with("count", noted.count).with("column", name).with("example", &noted.example);
        Some(fault.with("places", places.join(", ") + more))
    };
    reader.noted(cell).into_iter().filter_map(told).collect()
}

/// Names of columns that were read in the wrong encoding: then nobody finds the names that they had.
fn misread_names(reader: &Reader) -> Option<Diagnostic> {
    let names = || reader.header().names().enumerate();
    let mut misread = names().filter_map(|(cell, name)| Some((cell, name, characters::misread(name)?)));
    let (cell, name, real) = misread.next()?;
    let (first, row) = reader.sheet().map_or((0, 1), |sheet| (sheet.first_column, sheet.header_row));
    let fault = Diagnostic::new(Code::MisreadCharacters, Place::Header { cell, column: None })
        .with("count", 1 + misread.count())
        .with("example", name)
        .with("real", real);
    Some(fault.with("places", cell_name(first + cell, row)))
}

fn own_position(name: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|own| *own == name)
}

fn openid_column(name: &str, header: &Header, faults: &mut Vec<Diagnostic>) -> Option<usize> {
    let column = header.position(name);
    if column.is_none() {
        let columns: Vec<&str> = header.names().collect();
        let place = Place::Header { cell: 0, column: None };
        let fault = Diagnostic::new(Code::OpenidColumnMissing, place)
            .with("name", name)
            .with("columns", header.listed())
            .near(name, columns.iter().copied());
        faults.push(fault);
    }
    column
}

/// Looks at one row and collects what is wrong with it.
struct Look<'p, 'r, 'a> {
    judge: &'p mut Judge<'a>,
    row: &'r Row,
    cells: &'r Cells<'r>,
    sound: bool,
}

impl<'r> Look<'_, 'r, '_> {
    fn ragged(&mut self, cells: usize) {
        let expected = self.judge.header.width();
        let fault = Diagnostic::new(Code::RaggedRow, self.place(None)).with("cells", cells);
        self.fault(fault.with("expected", expected));
    }

    /// What becomes of a row that has none in a joined file.
    fn unmatched(&mut self, missing: NoMatch<'_>) -> Skip {
        let NoMatch { number, join, on } = missing;
        if join.missing == Unmatched::Skip && self.sound {
            self.judge.joiner.skipped(number);
            return Skip::Unmatched;
        }
        let key = self.cells.or_blank(on);
        let key = if on == self.judge.openid { Value::openid(key) } else { key_value(key) };
        let fault = Diagnostic::new(Code::JoinMissing, self.place(Some(on))).with("key", key);
        if join.missing == Unmatched::Error {
            self.fault(fault.with("file", &join.file.name).with("to", &join.to));
        }
        Skip::Invalid
    }

    fn openid(&mut self) -> &'r str {
        let cell = self.judge.openid;
        let text = self.cells.or_blank(cell);
        let judged = openid::check(text);
        if judged != Ok(Shape::Usual)
            && let Some(contact) = openid::contact(text)
        {
            let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
            self.judge.damage.add_contact(contact, self.row, cell, text, skip);
            if judged.is_err() {
                self.wrong(Code::OpenidContact, Some(cell));
            }
            return text;
        }
        let fault = match judged {
            Ok(Shape::Usual) => return text,
            Ok(Shape::Odd) if damage::is_nobody(text, &self.judge.inputs.audience.openid_column) => {
                self.damaged(Code::RowOfNobody, cell, text);
                return text;
            }
            Ok(Shape::Odd) => {
                Diagnostic::new(Code::OpenidShape, self.place(Some(cell))).with("openid", Value::openid(text))
            }
            // It has been reported already.
            Err(_) if self.row.troubles().iter().any(|(troubled, _)| *troubled == cell) => return text,
            Err(OpenIdFault::Character { character, .. }) => {
                if damage::is_nobody(text, &self.judge.inputs.audience.openid_column) {
                    self.damaged(Code::RowOfNobody, cell, text);
                    return text;
                }
                if let Some(code) = destroyed_by(text) {
                    self.damaged(code, cell, text);
                    return text;
                }
                Diagnostic::new(Code::OpenidCharacter, self.place(Some(cell)))
                    .with("openid", Value::openid(text.escape_debug()))
                    .with("character", Value::text(character.escape_debug()))
            }
            Err(OpenIdFault::Empty) => Diagnostic::new(Code::OpenidEmpty, self.place(Some(cell))),
            Err(OpenIdFault::TooLong { length }) => {
                Diagnostic::new(Code::OpenidTooLong, self.place(Some(cell))).with("length", length)
            }
        };
        self.fault(fault);
        text
    }

    /// Tells the cells of a workbook that cannot be used as they are, and whether there are any.
    fn troubles(&mut self) -> bool {
        let mut any = false;
        for (cell, trouble) in self.row.troubles() {
            if self.judge.used.get(*cell) == Some(&true) {
                let text = self.cells.or_blank(*cell);
                self.wrong(code_of_trouble(trouble), Some(*cell));
                let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
                self.judge.damage.add_trouble(trouble, self.row, *cell, text, skip);
                any = true;
            }
        }
        any
    }

    /// What a spreadsheet may have done to the cells that are used.
    fn damage(&mut self) {
        let odd = may_be_odd(self.row.record().as_slice());
        for number in 0..self.judge.damage.columns() {
            let cells = self.cells;
            let found = self.judge.damage.look(number, self.row, odd, |cell| cells.or_blank(cell));
            let Some((cell, damage)) = found else { continue };
            // An error value of a workbook is told as such.
            if !self.row.troubles().iter().any(|(troubled, _)| *troubled == cell) {
                self.damaged(damage::code_of(damage), cell, cells.or_blank(cell));
            }
        }
    }

    /// Notes that the row cannot be used; what is told of it beside is the first thing.
    fn wrong(&mut self, code: Code, cell: Option<usize>) {
        self.sound = false;
        self.judge.wrong.get_or_insert(Wrong { code, cell });
    }

    fn damaged(&mut self, code: Code, cell: usize, text: &str) {
        let is_error = code.severity() == Severity::Error;
        if is_error {
            self.wrong(code, Some(cell));
        }
        let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
        self.judge.damage.add(code, self.row, cell, text, skip || !is_error);
    }

    fn duplicate(&mut self, openid: &str, code: Code) {
        let fault = Diagnostic::new(code, self.place(Some(self.judge.openid)));
        self.fault(fault.with("openid", Value::openid(openid)));
    }

    fn columns(&mut self) {
        for index in 0..self.judge.columns.len() {
            let (cell, rules) = self.judge.columns[index];
            for (code, values) in rules.check(self.cells.or_blank(cell)) {
                let name = self
                    .judge
                    .header
                    .names()
                    .nth(cell)
                    .expect("rules are bound to columns of this header")
                    .to_owned();
                let mut fault = Diagnostic::new(code, self.place(Some(cell))).with("column", name);
                // What stands in this column, and what a rule says may stand in it, names people.
                let people = cell == self.judge.openid;
                let hidden = |value: Value| if people { Value::openid(value) } else { value };
                fault.values.extend(values.into_iter().map(|(name, value)| (name, hidden(value))));
                self.fault(fault);
            }
        }
    }

    fn render(&mut self) {
        let Judge { renderer, texts, faults, inputs, told, openid, damage, wrong, .. } = &mut *self.judge;
        let openid = self.cells.get(*openid);
        let mut sound = self.sound;
        let skip = inputs.audience.invalid_rows == InvalidRows::Skip;
        renderer.fill(self.row, self.cells, texts, |slot| {
            if slot.fixed {
                // The fault is the template's and the same in every row, so it is reported once.
                let fault = fault_of(slot.problem, slot.at, Place::Field(slot.at.clone()));
                if fault.is_error() {
                    sound = false;
                    wrong.get_or_insert(Wrong { code: fault.code, cell: None });
                }
                if !told.contains(&fault) {
                    told.push(fault.clone());
                    faults.push(fault);
                }
                return;
            }
            let mut place = RowPlace::new(self.row.number, self.row.line).field(slot.at.clone());
            place.cell = slot.cell.filter(|cell| self.row.elsewhere(*cell).is_none());
            let fault = named(fault_of(slot.problem, slot.at, Place::Row(place)), openid, self.cells);
            if fault.is_error() {
                sound = false;
                wrong.get_or_insert(Wrong { code: fault.code, cell: slot.cell });
            }
            let fault = if skip { fault.into_warning() } else { fault };
            if fault.code == Code::RenderFailed {
                damage.add_failure(fault, self.row);
            } else {
                faults.push(fault);
            }
        });
        self.sound = sound;
    }

    /// Looks at the media files that this row names.
    fn files(&mut self) {
        for index in 0..self.judge.files.len() {
            let named = &self.judge.files[index].name;
            let text = self.judge.texts.get(named.index).map_or("", String::as_str);
            // A blank or broken name has been reported as a faulty text.
            if named.constant.is_some() || text.trim().is_empty() || text.contains(char::is_control) {
                continue;
            }
            let looked = if stays_in(&named.folder, text) {
                self.judge.inputs.library.look(named.upload, text)
            } else {
                let folder = if named.folder.is_empty() { "./" } else { &named.folder };
                let problem = Problem::new(Code::MediaOutside).with("file", text).with("folder", folder);
                Looked { file: None, problems: [problem].into() }
            };
            let mut place = RowPlace::new(self.row.number, self.row.line).field(named.at.clone());
            place.cell = named.only_cell.filter(|cell| self.row.elsewhere(*cell).is_none());
            let tell = |problem: &Problem| fault_of(problem.clone(), &named.at, Place::Row(place.clone()));
            let told: Vec<Diagnostic> = looked.problems.iter().map(tell).collect();
            told.into_iter().for_each(|fault| self.fault(fault));
            self.judge.files[index].set(looked.file);
        }
    }

    /// Until when the person's so many-th message may be begun.
    fn window(&mut self, nth: u32) -> Option<Deadline> {
        let read = self.judge.window.as_mut()?.read(self.row, self.cells, nth);
        match read {
            Ok(deadline) => Some(deadline),
            Err(fault) => {
                self.fault(fault);
                None
            }
        }
    }

    fn place(&self, cell: Option<usize>) -> Place {
        self.row.place(cell)
    }

    fn fault(&mut self, fault: Diagnostic) {
        let fault = named(fault, self.cells.get(self.judge.openid), self.cells);
        if fault.is_error() {
            self.wrong(fault.code, cell_of(&fault.at));
        }
        let skip = self.judge.inputs.audience.invalid_rows == InvalidRows::Skip;
        self.judge.faults.push(if skip { fault.into_warning() } else { fault });
    }
}
