//! `wxcast report`: the runs of a campaign, from its journal, also while another process sends.

use std::io;
use std::path::Path;

use crate::campaign::Campaign;
use crate::cli::context::{Whose, environment, load, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, HUMAN};
use crate::cli::output::{file, form_of, masks, print};
use crate::cli::output_path::Kept;
use crate::cli::problem::Problem;
use crate::cli::report_kind::Kind;
use crate::cli::telling::{Asked, Teller};
use crate::cli::terminal::Terminal;
use crate::delivery::skip::SkipReason;
use crate::diagnostic::render::display;
use crate::journal::record::State;
use crate::journal::store::Store;
use crate::locale::Catalog;
use crate::plan::Plan;
use crate::plan::inputs::Inputs;
use crate::report;
use crate::report::join::{Join, JoinError, identity};
use crate::report::plan::late;
use crate::report::run::history::History;
use crate::report::run::json::RunReport;
use crate::report::write_file;

/// Writes the rows of those whom earlier runs skipped because their windows were over, or took no more.
fn write_late(
    file: &Path,
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    kept: &Kept,
) -> Result<(), Problem> {
    if plan.windows.is_none() {
        return Err(Problem::new(Exit::Usage, "late-without-window").with("file", display(file)));
    }
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let mut join = Join::open(&inputs, plan, store, &identity(campaign))?;
    let (mut lost, mut numbers) = (Vec::new(), 0..);
    while let Some(report) = join.next()? {
        if report.skipped.is_some() {
            continue;
        }
        let number = numbers.next().expect("a plan has fewer messages than there are numbers");
        let why = match report.recorded.map(|recorded| recorded.state) {
            Some(State::Skipped(why)) => why,
            Some(State::InFlight | State::Settled(_)) | None => continue,
        };
        match why {
            SkipReason::Window | SkipReason::Allowance => lost.push(number),
            SkipReason::Cap | SkipReason::Refused => {}
        }
    }
    let mut bytes = Vec::new();
    let written = late::write(&inputs, plan, &lost, &mut bytes).map_err(JoinError::from)?;
    kept.insist_list(file, &bytes)?;
    written
        .and_then(|()| write_file(file, |out| out.write_all(&bytes)))
        .map_err(|reason| Problem::cannot_write(file, reason))
}

/// Insists that people can be counted by these columns: that the audience can be read, and has them.
fn insist_on_columns(by: &[String], planned: Option<(&Campaign, &Plan)>) -> Result<(), Problem> {
    if by.is_empty() {
        return Ok(());
    }
    // Without sound files nobody knows the rows.
    let (campaign, plan) = planned.ok_or_else(|| Problem::new(Exit::Invalid, "by-faulty"))?;
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let join = Join::open(&inputs, plan, None, &identity(campaign))?;
    let header = join.header();
    match by.iter().find(|name| header.position(name).is_none()) {
        None => Ok(()),
        Some(name) => {
            let columns: Vec<&str> = header.names().collect();
            Err(Problem::new(Exit::Usage, "no-such-column")
                .with("name", name)
                .with("columns", columns.join(", ")))
        }
    }
}

/// How a report is written.
type Write = fn(&RunReport, &Catalog, &mut dyn io::Write) -> io::Result<()>;

/// Writes the report.
pub(crate) fn run(args: &args::Report, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let format = match args.format.as_deref() {
        Some(name) => report::format(report::RUN, name),
        // What goes into a file or another program is Markdown; who sits at a terminal reads it there.
        None if args.output.is_none() && terminal.is_read() => None,
        None => report::format(report::RUN, "markdown"),
    };
    let (name, travels) = format.map_or((HUMAN, false), |format| (format.name, format.travels));
    let write = format.map_or(report::run::text::write as Write, |format| format.write);
    let Whose { identity, id, kind, zone } = whose(path)?;
    let asked =
        Asked { path, whose: &identity, id: &id, flag: args.journal.dir(), local: args.journal.local };
    let teller = Teller::find(&asked, terminal)?;
    let loaded = load(path, &environment());
    let reads = loaded.campaign.as_ref().map_or_else(|| vec![path.clone()], Campaign::reads);
    let kept = Kept::of(Some(identity.campaign.clone()), reads, args.journal.dir());
    let output = file(args.output.as_ref());
    kept.insist(output, Kind::of_format(name))?;
    let planned = loaded.campaign.as_ref().map(|campaign| (campaign, &loaded.plan));
    if planned.is_none() {
        terminal.say("report.faulty-files", &[]);
    }
    insist_on_columns(&args.by, planned)?;
    let store = Store::read(&teller.state)?;
    if let Some(file) = &args.late {
        // Without sound files nobody knows the rows.
        let (campaign, plan) = planned.ok_or_else(|| Problem::new(Exit::Invalid, "late-faulty"))?;
        write_late(file, campaign, plan, store.as_ref(), &kept)?;
    }
    let history = History {
        identity: &identity,
        destination: teller.destination,
        kind,
        planned,
        store: store.as_ref(),
        running: teller.running,
        doubt: teller.why(terminal),
        masked: masks(args.mask_openid, travels),
        by: &args.by,
        zone: &zone,
    };
    let mut told = history.read(&terminal.words)?;
    // The journal here knows nobody; the folder knows how many.
    told.counts = teller.folder.unwrap_or(told.counts);
    print(output, terminal, form_of(name), |out| write(&told, &terminal.words, out))?;
    if let Some(file) = output {
        terminal.say("report.written", &[("file", &display(file))]);
        if !teller.is_doubted() {
            terminal.next("look", path);
        }
    }
    teller.warn(terminal);
    Ok(Exit::Ok)
}
