//! (campaign, audience) to a stream of finished rows.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::audience::Source;
use crate::audience::column::ColumnRules;
use crate::audience::header::Header;
use crate::audience::openid::{self, OpenIdFault, Shape};
use crate::audience::reader::{Cells, Reader, Row, Width};
use crate::campaign::file::{Duplicates, InvalidRows};
use crate::campaign::template::Template;
use crate::campaign::{Audience, Campaign};
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place, RowPlace};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::message::body::{Body, Slot};
use crate::plan::batch::{Batch, ROWS, Verdict};
use crate::plan::digest::{Digest, Running};
use crate::plan::duplicates::{Hashes, Repeated, Seen};
use crate::plan::renderer::{Renderer, SlotInput, fault_of};
use crate::plan::{Plan, RowCounts};

/// More messages than this to one person are refused by WeChat (wechat-facts 2.1).
const MOST_FOR_ONE: u32 = 5;

/// What the planner needs of a campaign.
#[derive(Debug)]
pub struct Inputs<'a> {
    audience: &'a Audience,
    slots: Vec<SlotInput>,
    body: Option<&'a Body>,
}

impl<'a> Inputs<'a> {
    /// A sound campaign.
    pub fn of_campaign(campaign: &'a Campaign) -> Self {
        let slots = campaign.body.slots().iter().zip(&campaign.templates);
        let slots = slots.map(|(slot, template)| input(slot, template)).collect();
        Self { audience: &campaign.audience, slots, body: Some(&campaign.body) }
    }

    /// As much of a faulty campaign as is sound: nothing is planned, but the audience is looked at.
    pub fn of_parts(audience: &'a Audience, texts: &[(Slot, Template)]) -> Self {
        let slots = texts.iter().map(|(slot, template)| input(slot, template)).collect();
        Self { audience, slots, body: None }
    }
}

fn input(slot: &Slot, template: &Template) -> SlotInput {
    SlotInput { at: slot.at.clone(), rules: slot.rules, template: template.clone() }
}

/// Reads an audience row by row and turns rows into verdicts.
pub struct Planner<'a> {
    inputs: &'a Inputs<'a>,
    /// The message to write, where campaign and columns fit together.
    body: Option<&'a Body>,
    reader: Reader,
    renderer: Renderer,
    openid: usize,
    columns: Vec<(usize, &'a ColumnRules)>,
    seen: Seen,
    row: Row,
    texts: Vec<String>,
    faults: Diagnostics,
    /// Faults of the templates themselves that rows brought to light.
    told: Vec<Diagnostic>,
    ended: bool,
}

impl<'a> Planner<'a> {
    /// Opens the audience and binds the campaign to its columns. `repeated` are the hashes of openids that an
    /// earlier reading saw in several rows.
    ///
    /// # Errors
    ///
    /// Every fault of the file and its header, and every variable and rule without a column. With these no row
    /// can be judged.
    pub fn open(inputs: &'a Inputs<'a>, repeated: Repeated) -> Result<Self, Vec<Diagnostic>> {
        let planner = Self::open_anyway(inputs, repeated)?;
        if planner.faults.errors() > 0 { Err(planner.faults.kept().to_vec()) } else { Ok(planner) }
    }

    /// Opens the audience also where the campaign does not fit its columns: nothing is planned then, but the
    /// rows can be looked at.
    fn open_anyway(inputs: &'a Inputs<'a>, repeated: Repeated) -> Result<Self, Vec<Diagnostic>> {
        let reader = Reader::open(&inputs.audience.source)?;
        let mut faults = reader.warnings().to_vec();
        let name = &inputs.audience.openid_column;
        let openid = reader.header().position(name);
        if openid.is_none() {
            let columns: Vec<&str> = reader.header().names().collect();
            let place = Place::Header { cell: 0, column: None };
            let fault = Diagnostic::new(Code::OpenidColumnMissing, place)
                .with("name", name)
                .with("columns", columns.join(", "))
                .near(name, columns.iter().copied());
            faults.push(fault);
        }
        let mut columns = Vec::new();
        for (name, rules) in &inputs.audience.columns {
            match reader.header().position(name) {
                Some(index) => columns.push((index, rules)),
                None => {
                    let at = FieldPath::of("audience.columns").key(name);
                    let fault = Diagnostic::new(Code::RuleWithoutColumn, Place::Key(at)).with("name", name);
                    faults.push(fault.near(name, reader.header().names()));
                }
            }
        }
        let (renderer, unbound) = Renderer::bind(
            &inputs.slots,
            reader.header(),
            openid.unwrap_or_default(),
            &inputs.audience.columns,
        );
        faults.extend(unbound);
        let Some(openid) = openid else { return Err(faults) };
        let mut kept = Diagnostics::default();
        kept.extend(faults);
        Ok(Self {
            inputs,
            body: inputs.body.filter(|_| kept.errors() == 0),
            reader,
            renderer,
            openid,
            columns,
            seen: Seen::new(repeated),
            row: Row::default(),
            texts: Vec::new(),
            faults: kept,
            told: Vec::new(),
            ended: false,
        })
    }

    /// The encoding the audience is read in.
    pub fn encoding(&self) -> &'static str {
        self.reader.encoding().name()
    }

    /// The faults so far.
    pub fn into_faults(self) -> Diagnostics {
        self.faults
    }

    /// The columns of the audience.
    pub fn header(&self) -> &Header {
        self.reader.header()
    }

    /// Judges the next row. Its payload is appended to `payloads` where it has one. Gives nothing at the end.
    pub fn next(&mut self, payloads: &mut Vec<u8>) -> Option<(&Row, Verdict)> {
        if self.ended {
            return None;
        }
        let mut row = std::mem::take(&mut self.row);
        let judged = match self.reader.read(&mut row) {
            Ok(Some(width)) => row.cells().map(|cells| Some(self.judge(&row, &cells, width, payloads))),
            Ok(None) => Ok(None),
            Err(fault) => Err(fault),
        };
        self.row = row;
        match judged {
            Ok(Some(verdict)) => return Some((&self.row, verdict)),
            Ok(None) => {}
            Err(fault) => self.faults.push(fault),
        }
        self.ended = true;
        None
    }

    /// Fills a batch with the next rows. Gives false when there are none left.
    pub fn fill(&mut self, batch: &mut Batch) -> bool {
        batch.clear();
        while batch.entries().len() < ROWS {
            let Some((row, verdict)) = self.next(batch.buffer()) else { break };
            batch.push(row.number, verdict);
        }
        !batch.entries().is_empty()
    }

    fn judge(&mut self, row: &Row, cells: &Cells<'_>, width: Width, payloads: &mut Vec<u8>) -> Verdict {
        let mut judge = Judge { planner: self, row, cells, sound: true };
        if let Width::Ragged { cells } = width {
            judge.ragged(cells);
            return Verdict::Invalid;
        }
        let openid = judge.openid();
        let before = judge.planner.seen.before(openid);
        match judge.planner.inputs.audience.duplicates {
            Duplicates::First if before > 0 => {
                judge.duplicate(openid, Code::DuplicateSkipped);
                return Verdict::Duplicate;
            }
            Duplicates::Error if before > 0 => judge.duplicate(openid, Code::DuplicateOpenid),
            Duplicates::Each if before >= MOST_FOR_ONE => judge.duplicate(openid, Code::TooManyForOne),
            Duplicates::First | Duplicates::Error | Duplicates::Each => {}
        }
        judge.columns();
        judge.render();
        if !judge.sound {
            return Verdict::Invalid;
        }
        self.seen.take(openid);
        let start = payloads.len();
        match self.body {
            Some(body) => body.write(openid, &self.texts, payloads),
            // Nothing is sent of a faulty campaign, but repeated openids are told.
            None => Body::write_openid(openid, payloads),
        }
        Verdict::Message { openid: openid.len(), payload: start..payloads.len(), nth: before + 1 }
    }
}

/// Judges one row and collects what is wrong with it.
struct Judge<'p, 'r, 'a> {
    planner: &'p mut Planner<'a>,
    row: &'r Row,
    cells: &'r Cells<'r>,
    sound: bool,
}

impl<'r> Judge<'_, 'r, '_> {
    fn ragged(&mut self, cells: usize) {
        let expected = self.planner.reader.header().width();
        let fault = Diagnostic::new(Code::RaggedRow, self.place(None)).with("cells", cells);
        self.fault(fault.with("expected", expected));
    }

    fn openid(&mut self) -> &'r str {
        let cell = self.planner.openid;
        let text = self.cells.get(cell).unwrap_or_default();
        let fault = match openid::check(text) {
            Ok(Shape::Usual) => return text,
            Ok(Shape::Odd) => Diagnostic::new(Code::OpenidShape, self.place(Some(cell))).with("openid", text),
            Err(OpenIdFault::Empty) => Diagnostic::new(Code::OpenidEmpty, self.place(Some(cell))),
            Err(OpenIdFault::Character { character, .. }) => {
                Diagnostic::new(Code::OpenidCharacter, self.place(Some(cell)))
                    .with("openid", text.escape_debug())
                    .with("character", character.escape_debug())
            }
            Err(OpenIdFault::TooLong { length }) => {
                Diagnostic::new(Code::OpenidTooLong, self.place(Some(cell))).with("length", length)
            }
        };
        self.fault(fault);
        text
    }

    fn duplicate(&mut self, openid: &str, code: Code) {
        let fault = Diagnostic::new(code, self.place(Some(self.planner.openid)));
        self.fault(fault.with("openid", openid));
    }

    fn columns(&mut self) {
        for index in 0..self.planner.columns.len() {
            let (cell, rules) = self.planner.columns[index];
            for (code, values) in rules.check(self.cells.get(cell).unwrap_or_default()) {
                let name = self.planner.reader.header().names().nth(cell).unwrap_or_default().to_owned();
                let mut fault = Diagnostic::new(code, self.place(Some(cell))).with("column", name);
                fault.values.extend(values);
                self.fault(fault);
            }
        }
    }

    fn render(&mut self) {
        let Planner { renderer, texts, faults, inputs, told, .. } = &mut *self.planner;
        let mut sound = self.sound;
        let skip = inputs.audience.invalid_rows == InvalidRows::Skip;
        renderer.fill(self.row, self.cells, texts, |slot| {
            if slot.fixed {
                // It is the template's fault in every row: it is told once.
                let fault = fault_of(slot.problem, slot.at, Place::Field(slot.at.clone()));
                sound &= !fault.is_error();
                if !told.contains(&fault) {
                    told.push(fault.clone());
                    faults.push(fault);
                }
                return;
            }
            let mut place = RowPlace::new(self.row.number, self.row.line).field(slot.at.clone());
            place.cell = slot.cell;
            let fault = fault_of(slot.problem, slot.at, Place::Row(place));
            sound &= !fault.is_error();
            faults.push(if skip { fault.as_warning() } else { fault });
        });
        self.sound = sound;
    }

    fn place(&self, cell: Option<usize>) -> Place {
        let mut place = RowPlace::new(self.row.number, self.row.line);
        place.cell = cell;
        Place::Row(place)
    }

    fn fault(&mut self, fault: Diagnostic) {
        self.sound &= !fault.is_error();
        let skip = self.planner.inputs.audience.invalid_rows == InvalidRows::Skip;
        self.planner.faults.push(if skip { fault.as_warning() } else { fault });
    }
}

/// A plan of nothing.
pub fn empty() -> Plan {
    Plan {
        counts: RowCounts::default(),
        digest: Running::default().now(),
        checkpoints: Vec::new(),
        repeated: Repeated::default(),
        diagnostics: Diagnostics::default(),
        encoding: None,
    }
}

/// Plans a whole audience. A file in which openids are repeated is read twice.
pub fn run(inputs: &Inputs<'_>, source: &Source) -> Plan {
    let first = read(inputs, Repeated::default());
    let mut plan = if first.repeated.is_empty() { first } else { read(inputs, first.repeated) };
    if plan.counts.rows() == 0 && plan.diagnostics.errors() == 0 {
        plan.diagnostics.push(Diagnostic::new(Code::NoRecipients, Place::Audience));
    }
    crate::plan::locate(source, &mut plan.diagnostics);
    plan
}

/// One reading: this thread reads and renders, another one hashes what is finished.
fn read(inputs: &Inputs<'_>, repeated: Repeated) -> Plan {
    let mut planner = match Planner::open_anyway(inputs, repeated.clone()) {
        Ok(planner) => planner,
        Err(faults) => {
            let mut plan = empty();
            plan.diagnostics.extend(faults);
            return plan;
        }
    };
    let encoding = Some(planner.encoding());
    let second_look = !repeated.is_empty();
    let summed = std::thread::scope(|scope| {
        let (full, batches) = sync_channel::<Batch>(IN_FLIGHT);
        let (empty, returned) = sync_channel::<Batch>(IN_FLIGHT);
        let hasher = scope.spawn(move || sum(&batches, &empty, second_look));
        produce(&mut planner, &full, &returned);
        drop(full);
        hasher.join().ok()
    });
    // The hasher only adds numbers up and hashes; a panic in it is a bug, told as an empty plan would not be.
    let summed = summed.unwrap_or_else(|| panic!("the hashing thread failed"));
    Plan {
        counts: summed.counts,
        digest: summed.running.now(),
        checkpoints: summed.checkpoints,
        repeated: if second_look { repeated } else { summed.hashes.repeated() },
        diagnostics: planner.into_faults(),
        encoding,
    }
}

/// How many batches are on their way between the two threads: enough that neither waits for a hiccup of the
/// other, and few enough for the caches.
const IN_FLIGHT: usize = 4;

fn produce(planner: &mut Planner<'_>, full: &SyncSender<Batch>, returned: &Receiver<Batch>) {
    let mut made = 0;
    loop {
        let mut batch = if made < IN_FLIGHT { Batch::default() } else { returned.recv().unwrap_or_default() };
        made += 1;
        if !planner.fill(&mut batch) || full.send(batch).is_err() {
            return;
        }
    }
}

#[derive(Default)]
struct Sum {
    counts: RowCounts,
    running: Running,
    checkpoints: Vec<Digest>,
    hashes: Hashes,
}

fn sum(batches: &Receiver<Batch>, empty: &SyncSender<Batch>, second_look: bool) -> Sum {
    let mut sum = Sum::default();
    for batch in batches {
        sum.running.add(batch.payloads());
        sum.checkpoints.push(sum.running.now());
        for entry in batch.entries() {
            match &entry.verdict {
                Verdict::Message { openid, payload, .. } => {
                    sum.counts.planned += 1;
                    if !second_look {
                        sum.hashes.add(batch.openid(payload, *openid));
                    }
                }
                Verdict::Duplicate => sum.counts.duplicate += 1,
                Verdict::Invalid => sum.counts.invalid += 1,
            }
        }
        // The planner may have ended; then nobody needs the buffer any more.
        let _ = empty.send(batch);
    }
    sum
}
