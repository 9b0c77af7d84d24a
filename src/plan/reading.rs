//! Plans a whole audience on all cores: one thread splits the file into rows, others judge them a batch at a
//! time, and the caller hashes what is finished, in the order of the file.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use encoding_rs::Encoding;

use crate::audience::lists::Matches;
use crate::audience::reader::Reader;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::Place;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::batch::{Batch, Verdict};
use crate::plan::conditions::Conditions;
use crate::plan::damage::Found;
use crate::plan::digest::{Digest, Running};
use crate::plan::duplicates::{Hashes, Repeated};
use crate::plan::inputs::Inputs;
use crate::plan::joined::JoinCounts;
use crate::plan::judge::{Findings, Judge};
use crate::plan::media::Needed;
use crate::plan::onlooker::Onlooker;
use crate::plan::pass::{Rows, judge_rows};
use crate::plan::sample::candidate::Candidate;
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::lengths::Lengths;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::skip::Skip;
use crate::plan::windows::TimesFound;
use crate::plan::{Plan, RowCounts, Windows};

/// More judges than this do not help: splitting the file is then the slowest part.
const MOST_JUDGES: usize = 4;
/// How many batches wait between two threads: enough that neither waits for a hiccup of the other, and few
/// enough for the caches.
const WAITING: usize = 2;

/// A plan of nothing.
pub(crate) fn empty() -> Plan {
    Plan {
        counts: RowCounts::default(),
        digest: Running::default().now(),
        checkpoints: Vec::new(),
        repeated: Repeated::default(),
        diagnostics: Diagnostics::default(),
        media: Needed::default(),
        first: None,
        library: Arc::default(),
        encoding: None,
        sheet: None,
        same_for_all: false,
        barred: Vec::new(),
        windows: None,
    }
}

/// Plans a whole audience. A file in which openids are repeated is read twice.
pub(crate) fn run(inputs: &Inputs<'_>, onlooker: &mut dyn Onlooker) -> Plan {
    let first = read(inputs, Repeated::default(), onlooker);
    let mut plan = if first.repeated.is_empty() { first } else { read(inputs, first.repeated, onlooker) };
    if plan.counts.rows() == 0 && plan.diagnostics.errors() == 0 {
        plan.diagnostics.push(Diagnostic::new(Code::NoRecipients, Place::Audience));
    }
    plan
}

fn read(inputs: &Inputs<'_>, repeated: Repeated, onlooker: &mut dyn Onlooker) -> Plan {
    onlooker.begins();
    let failed = |faults: Vec<Diagnostic>| {
        let mut plan = empty();
        plan.diagnostics.extend(faults);
        plan
    };
    let reader = match Reader::open(&inputs.audience.source) {
        Ok(reader) => reader,
        Err(unreadable) => return Plan { sheet: unreadable.sheet, ..failed(unreadable.faults) },
    };
    let sheet = reader.sheet().cloned();
    let second_look = !repeated.is_empty();
    // To compare openids letter by letter, a judge must see every row.
    let count = if second_look { 1 } else { judges() };
    let mut faults = reader.warnings().to_vec();
    let lists = &inputs.audience.lists;
    let mut judges = Vec::with_capacity(count);
    for _ in 0..count {
        match Judge::bind(inputs, &reader, repeated.clone()) {
            Ok(judge) => judges.push(judge),
            Err(more) => {
                faults.extend(more);
                return Plan { sheet, ..failed(faults) };
            }
        }
    }
    let encoding = reader.encoding().map(Encoding::name);
    let same_for_all = judges.first().is_some_and(Judge::is_same_for_all);
    let mut sum = Sum::default();
    sum.faults.extend(faults);
    sum.faults.absorb(lists.faults());
    let joins = &inputs.audience.joins;
    let broken = joins.faults().errors() > 0;
    sum.faults.absorb(joins.faults());
    let mut matches = Matches::of(lists);
    let mut joined = JoinCounts::default();
    let mut times = TimesFound::default();
    // What does not fit the columns is the same for every judge.
    let unfit: Vec<Diagnostics> = judges.iter_mut().map(Judge::take_faults).collect();
    sum.faults.absorb(unfit.into_iter().next().expect("there is at least one judge"));
    std::thread::scope(|scope| {
        let mut tasks = Vec::new();
        let mut judged = Vec::new();
        let mut ends = Vec::new();
        for judge in judges {
            let begun = begin(scope, inputs, judge);
            tasks.push(begun.task);
            judged.push(begun.judged);
            ends.push(begun.end);
        }
        let reading = scope.spawn(move || split(reader, tasks));
        sum.collect(judged, second_look, onlooker);
        // Half a plan must never look like a whole one.
        let fault = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let (mut damage, mut conditions) = (Found::default(), Conditions::default());
        for end in ends {
            let Findings { damage: found, conditions: seen, matches: met, times: read, joins: more } =
                end.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            damage.absorb(found);
            conditions.absorb(seen);
            matches.absorb(&met);
            joined.absorb(&more);
            times.absorb(read);
        }
        sum.faults.extend(damage.diagnostics());
        sum.faults.extend(conditions.diagnostics());
        sum.faults.extend(times.diagnostics());
        // If a list could not be read, nobody knows who is in it.
        if lists.faults().errors() == 0 {
            sum.faults.extend(matches.warnings(lists));
        }
        if !broken {
            sum.faults.extend(joined.warnings(joins));
        }
        sum.faults.extend(fault);
    });
    let unmatched = joins.all().iter().zip(&joined.skipped).filter(|(_, count)| **count > 0);
    let unmatched = unmatched.map(|(join, count)| (join.file.name.clone(), Skip::Unmatched, *count));
    Plan {
        counts: sum.counts,
        digest: sum.running.now(),
        checkpoints: sum.checkpoints,
        repeated: if second_look { repeated } else { sum.hashes.repeated() },
        diagnostics: sum.faults,
        media: sum.media,
        first: sum.first,
        library: Arc::default(),
        encoding,
        sheet,
        same_for_all,
        windows: inputs.audience.window.is_some().then(|| Windows {
            deadlines: sum.deadlines,
            form: times.form(),
            one_minute: times.one_minute,
        }),
        barred: matches
            .barred()
            .into_iter()
            .map(|(why, count)| (lists.named(why), why.into(), count))
            .chain(unmatched)
            .collect(),
    }
}

fn judges() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_JUDGES)
}

/// What the splitting thread has of a judge: where rows go, and where their buffers come back.
struct Task {
    rows: SyncSender<Rows>,
    returned: Receiver<Rows>,
}

/// What the caller has of a judge: where finished batches come from, and where their buffers go back.
struct Judged {
    batches: Receiver<Finished>,
    returned: SyncSender<Batch>,
}

/// A batch that a judge is done with.
struct Finished {
    batch: Batch,
    faults: Diagnostics,
    /// The first message that this judge ever made, where this is its batch.
    first: Option<Sample>,
}

/// A judge at work.
struct Begun<'scope> {
    task: Task,
    judged: Judged,
    /// Gives what it found in the cells of all its rows.
    end: ScopedJoinHandle<'scope, Findings>,
}

fn begin<'scope>(
    scope: &'scope Scope<'scope, '_>,
    inputs: &'scope Inputs<'scope>,
    mut judge: Judge<'scope>,
) -> Begun<'scope> {
    let (rows, given) = sync_channel::<Rows>(WAITING);
    let (rows_back, rows_returned) = sync_channel(WAITING + 1);
    let (finished, batches) = sync_channel(WAITING);
    let (batches_back, batches_returned) = sync_channel::<Batch>(WAITING + 1);
    let end = scope.spawn(move || {
        let (lengths, mut waits) = (Lengths::of(&inputs.slots), inputs.body.is_some());
        for rows in given {
            // A new one only until the first comes back empty.
            let mut batch: Batch = batches_returned.try_recv().unwrap_or_default();
            let (mut faults, mut first) = (Diagnostics::default(), None);
            judge_rows(&mut judge, &rows, &mut batch, |judge, row, verdict, payloads| {
                // What is wrong with rows that become none is told with the batch.
                if waits && matches!(verdict, Verdict::Message { .. }) {
                    let of_row = judge.take_faults();
                    let candidate = Candidate::of(judge, row, verdict, payloads, &of_row);
                    first = candidate.map(|candidate| candidate.sample(&lengths));
                    waits = first.is_none();
                    faults.absorb(of_row);
                }
            });
            faults.absorb(judge.take_faults());
            // Nobody waits for a returned buffer, so it does not matter whether the other side has ended.
            let _ = rows_back.try_send(rows);
            if finished.send(Finished { batch, faults, first }).is_err() {
                break;
            }
        }
        judge.into_findings()
    });
    let task = Task { rows, returned: rows_returned };
    Begun { task, judged: Judged { batches, returned: batches_back }, end }
}

/// Splits the file into rows and hands them to the judges in turn. Gives the fault that ended it, if one did.
fn split(mut reader: Reader, tasks: Vec<Task>) -> Option<Diagnostic> {
    for task in tasks.iter().cycle() {
        let mut rows: Rows = task.returned.try_recv().unwrap_or_default();
        let fault = rows.read(&mut reader).err();
        let last = rows.is_last();
        if !rows.is_empty() && task.rows.send(rows).is_err() {
            return None;
        }
        if last {
            return fault;
        }
    }
    None
}

#[derive(Default)]
struct Sum {
    counts: RowCounts,
    running: Running,
    checkpoints: Vec<Digest>,
    hashes: Hashes,
    media: Needed,
    deadlines: Vec<Deadline>,
    faults: Diagnostics,
    first: Option<Sample>,
}

impl Sum {
    /// Takes the batches in turn, which is the order of the file.
    fn collect(&mut self, judged: Vec<Judged>, second_look: bool, onlooker: &mut dyn Onlooker) {
        for judge in judged.iter().cycle() {
            let Ok(Finished { batch, faults, first }) = judge.batches.recv() else { return };
            self.add(&batch, second_look);
            onlooker.sees(&batch);
            if self.first.is_none() {
                self.first = first;
            }
            self.tell(faults);
            let _ = judge.returned.try_send(batch);
        }
    }

    fn add(&mut self, batch: &Batch, second_look: bool) {
        self.running.add(batch.payloads());
        self.checkpoints.push(self.running.now());
        self.deadlines.extend_from_slice(batch.deadlines());
        batch.media().for_each(|place| self.media.add(place));
        for entry in batch.entries() {
            match &entry.verdict {
                Verdict::Message { openid, payload, .. } => {
                    self.counts.planned += 1;
                    if !second_look {
                        self.hashes.add(batch.openid(payload, *openid));
                    }
                }
                Verdict::Skipped { why, openid } => {
                    *self.counts.of_mut(*why) += 1;
                    if let Some(openid) = openid.as_ref().filter(|_| !second_look) {
                        self.hashes.add(openid.as_bytes());
                    }
                }
            }
        }
    }

    /// A fault of a template itself is found by each judge and told once.
    fn tell(&mut self, faults: Diagnostics) {
        let again =
            |fault: &Diagnostic| matches!(fault.at, Place::Field(_)) && self.faults.kept().contains(fault);
        if faults.kept().iter().any(again) {
            let fresh: Vec<Diagnostic> =
                faults.kept().iter().filter(|fault| !again(fault)).cloned().collect();
            self.faults.extend(fresh);
        } else {
            self.faults.absorb(faults);
        }
    }
}
