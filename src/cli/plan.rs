//! `wxcast plan`: the dry run.

use crate::campaign::validate::Overrides;
use crate::cli::args::{self, Format};
use crate::cli::context::{environment, load};
use crate::cli::exit_code::Exit;
use crate::cli::send::expected;
use crate::cli::terminal::{Terminal, masks};
use crate::report::plan_json::PlanReport;
use crate::report::results_csv::mask;
use crate::report::{plan_text, write_file};

/// Plans a campaign and tells everything about it.
pub fn run(args: &args::Plan, terminal: &Terminal) -> Exit {
    let overrides = Overrides { rate: args.rate, ..environment() };
    let mut loaded = load(&args.campaign.campaign, &overrides);
    if masks(args.mask_openid) {
        loaded.plan.diagnostics.mask_openids(mask);
    }
    let words = &terminal.words;
    let report = match args.format {
        Format::Json => {
            let report = PlanReport::new(&loaded.facts, &loaded.plan, &loaded.sources, words);
            serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
        }
        Format::Human => {
            let faults = plan_text::faults(&loaded.plan, &loaded.sources, words, terminal.color);
            terminal.tell(&faults);
            plan_text::summary(&loaded.facts, &loaded.plan, words)
        }
    };
    match &args.output {
        None => terminal.data(&report),
        Some(path) => {
            if let Err(error) = write_file(path, |out| out.write_all(report.as_bytes())) {
                terminal.complain("cannot-write", &[("file", &path.display()), ("reason", &error)]);
                return Exit::Storage;
            }
        }
    }
    let diagnostics = &loaded.plan.diagnostics;
    if diagnostics.errors() > 0 {
        let (errors, warnings) = (diagnostics.errors(), diagnostics.warnings());
        terminal.complain("invalid", &[("errors", &errors), ("warnings", &warnings)]);
        terminal.next("invalid", &args.campaign.campaign);
        return Exit::Invalid;
    }
    if !expected(&args.expect, &loaded.plan, terminal) {
        return Exit::Gate;
    }
    terminal.next("plan", &args.campaign.campaign);
    Exit::Ok
}
