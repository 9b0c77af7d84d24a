//! `wxcast report`: the runs of a campaign, from its journal, also while another process sends.

use crate::campaign::Campaign;
use crate::cli::context::{Whose, environment, load, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::output::{file, form_of, masks, print};
use crate::cli::output_path::Kept;
use crate::cli::problem::Problem;
use crate::cli::report_kind::Kind;
use crate::cli::telling::{Asked, Teller};
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::journal::store::Store;
use crate::report;
use crate::report::run::history::History;

/// Writes the report.
pub(crate) fn run(args: &args::Report, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = &args.campaign.campaign;
    let format = report::format(report::RUN, &args.format).expect("the command line takes no other format");
    let Whose { identity, id, kind } = whose(path)?;
    let asked =
        Asked { path, whose: &identity, id: &id, flag: args.journal.dir(), local: args.journal.local };
    let teller = Teller::find(&asked, terminal)?;
    let loaded = load(path, &environment());
    let reads = loaded.campaign.as_ref().map_or_else(|| vec![path.clone()], Campaign::reads);
    let kept = Kept::of(Some(identity.campaign.clone()), reads, args.journal.dir());
    let output = file(args.output.as_ref());
    kept.insist(output, Kind::of_format(format.name))?;
    let planned = loaded.campaign.as_ref().map(|campaign| (campaign, &loaded.plan));
    if planned.is_none() {
        terminal.say("report.faulty-files", &[]);
    }
    let store = Store::read(&teller.state)?;
    let history = History {
        identity: &identity,
        kind,
        planned,
        store: store.as_ref(),
        running: teller.running,
        doubt: teller.why(terminal),
        masked: masks(args.mask_openid, format.travels),
    };
    let told = history.read(&terminal.words)?;
    print(output, terminal, form_of(format.name), |out| (format.write)(&told, &terminal.words, out))?;
    if let Some(file) = output {
        terminal.say("report.written", &[("file", &display(file))]);
        if !teller.is_doubted() {
            terminal.next("look", path);
        }
    }
    teller.warn(terminal);
    Ok(Exit::Ok)
}
