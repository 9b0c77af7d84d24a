//! `wxcast plan`: the dry run.

use std::path::Path;

use crate::campaign::validate::Overrides;
use crate::cli::command::send::expected;
use crate::cli::context::{Loaded, environment, load, load_fenced};
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::output::{cannot_write, form_of, masks, print};
use crate::cli::platform::hosts;
use crate::cli::terminal::{Form, Terminal, is_ci};
use crate::cli::workspace;
use crate::diagnostic::render::display;
use crate::locale::visible::{guard_lines, visible};
use crate::report::plan::compare::{Earlier, EarlierError};
use crate::report::plan::json::PlanReport;
use crate::report::plan::sample::{self, Wanted};
use crate::report::plan::{markdown, text};
use crate::report::results::csv::mask;
use crate::report::{self, Format};

/// Plans a campaign and tells everything about it.
pub(crate) fn run(args: &args::Plan, terminal: &Terminal) -> Exit {
    plan(args, terminal).unwrap_or_else(|exit| exit)
}

fn plan(args: &args::Plan, terminal: &Terminal) -> Result<Exit, Exit> {
    let earlier = args.compare.as_deref().map(|path| earlier(path, terminal)).transpose()?;
    let overrides = Overrides { rate: args.rate, ..environment() };
    let format = report::format(report::PLAN, &args.format);
    let manifest = format.is_some_and(|format| !format.travels) && args.output.is_some();
    let travels = manifest || format.is_some_and(|format| format.travels);
    if travels || args.sandbox {
        guard_lines();
    }
    // What others read, or what somebody else wrote, shows nothing of other files of this computer.
    let load = if travels || args.sandbox || is_ci() { load_fenced } else { load };
    let mut loaded = load(&args.campaign.campaign, &overrides);
    if let Some(campaign) = &loaded.campaign {
        hosts(campaign, terminal)?;
    }
    if let (Some(earlier), Some(path)) = (&earlier, &args.compare) {
        same_campaign(earlier, path, &loaded, terminal)?;
    }
    let masked = masks(args.mask_openid, travels);
    if masked {
        loaded.plan.diagnostics.mask_openids(mask);
    }
    if travels || args.sandbox || is_ci() {
        loaded.plan.diagnostics.cut_cells();
    }
    if travels {
        workspace::make_portable(&mut loaded.sources);
    }
    let mut told = PlanReport::new(&loaded.facts, &loaded.plan, &loaded.sources, &terminal.words);
    let before = earlier.as_ref().map(|earlier| (earlier.hosts.clone(), earlier.token_command.clone()));
    if let Some(campaign) = loaded.campaign.as_ref().filter(|_| travels || earlier.is_some()) {
        let wanted = Wanted { samples: travels, messages: manifest, earlier, masked };
        let read = sample::read(campaign, &loaded.plan, wanted, &terminal.words).map_err(|_| {
            terminal.complain("changed", &[]);
            Exit::Invalid
        })?;
        (told.samples, told.messages, told.changes) = (read.samples, read.messages, read.changes);
        if let (Some(changes), Some((hosts, command))) = (&mut told.changes, before) {
            changes.earlier_hosts = (hosts != told.hosts).then_some(hosts);
            changes.earlier_token_command =
                (command != told.token_command).then(|| command.unwrap_or_default());
        }
    }
    tell(args, format, &loaded, &told, terminal)?;
    Ok(exit(args, &loaded, terminal))
}

/// The plan to compare with.
fn earlier(path: &Path, terminal: &Terminal) -> Result<Earlier, Exit> {
    Earlier::read(path).map_err(|error| {
        let file = display(path);
        match error {
            EarlierError::File(reason) => {
                terminal.complain("cannot-read", &[("file", &file), ("reason", &reason)]);
            }
            EarlierError::Foreign(reason) => {
                terminal.complain("earlier-foreign", &[("file", &file), ("reason", &reason)]);
            }
            EarlierError::NoMessages => terminal.complain("earlier-bare", &[("file", &file)]),
        }
        Exit::Usage
    })
}

/// People of another campaign or account are known by other fingerprints: nothing could be compared.
fn same_campaign(earlier: &Earlier, path: &Path, loaded: &Loaded, terminal: &Terminal) -> Result<(), Exit> {
    let Some(campaign) = &loaded.campaign else { return Ok(()) };
    let now = (Some(campaign.id.to_string()), Some(campaign.account.appid.clone()));
    if (&earlier.campaign, &earlier.appid) == (&now.0, &now.1) {
        return Ok(());
    }
    let shown = |(campaign, appid): (&Option<String>, &Option<String>)| {
        let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "?".to_owned());
        format!("{}, {}", word(campaign), word(appid))
    };
    let (found, expected) = (shown((&earlier.campaign, &earlier.appid)), shown((&now.0, &now.1)));
    terminal
        .complain("earlier-other", &[("file", &display(path)), ("found", &found), ("campaign", &expected)]);
    Err(Exit::Usage)
}

fn tell(
    args: &args::Plan,
    format: Option<&Format<PlanReport>>,
    loaded: &Loaded,
    told: &PlanReport,
    terminal: &Terminal,
) -> Result<(), Exit> {
    let words = &terminal.words;
    match format {
        Some(format) => {
            let form = form_of(format.name);
            print(args.output.as_deref(), terminal, form, |out| (format.write)(told, words, out))?;
        }
        None => {
            terminal.tell(&text::faults(&loaded.plan, &loaded.sources, words, terminal.color));
            let mut text = text::summary(&loaded.facts, &loaded.plan, words);
            text += &told.changes.as_ref().map(|changes| text::changes(changes, words)).unwrap_or_default();
            let text = visible(&text, false);
            print(args.output.as_deref(), terminal, Form::Text, |out| out.write_all(text.as_bytes()))?;
        }
    }
    if format.is_some_and(|format| format.name == "github") {
        terminal.tell(&text::summary(&loaded.facts, &loaded.plan, words));
        workspace::summarize(|room| markdown::within(room, told, words))
            .map_err(|(file, reason)| cannot_write(&file, &reason, terminal))?;
    }
    Ok(())
}

fn exit(args: &args::Plan, loaded: &Loaded, terminal: &Terminal) -> Exit {
    let diagnostics = &loaded.plan.diagnostics;
    if diagnostics.errors() > 0 {
        let (errors, warnings) = (diagnostics.errors(), diagnostics.warnings());
        terminal.complain("invalid", &[("errors", &errors), ("warnings", &warnings)]);
        terminal.next("invalid", &args.campaign.campaign);
        return Exit::Invalid;
    }
    if !expected(&args.expect, &loaded.plan, loaded.facts.id, terminal) {
        return Exit::Gate;
    }
    terminal.next("plan", &args.campaign.campaign);
    Exit::Ok
}
