//! `wxcast plan`: the dry run.

use jiff::Timestamp;

use crate::campaign::hours::Hours;
use crate::campaign::validate::Overrides;
use crate::cli::command::send::insist_on_expected;
use crate::cli::compared::{Before, earlier, same_campaign};
use crate::cli::context::{Loaded, environment, load, load_fenced};
use crate::cli::exit_code::Exit;
use crate::cli::held::Held;
use crate::cli::line::args;
use crate::cli::output::{file, form_of, masks, print};
use crate::cli::output_path::Kept;
use crate::cli::platform::hosts;
use crate::cli::problem::Problem;
use crate::cli::report_kind::Kind;
use crate::cli::sidecar;
use crate::cli::staying::moment_of;
use crate::cli::terminal::{Form, Terminal, is_ci};
use crate::cli::user_state::AccountFolder;
use crate::cli::workspace;
use crate::diagnostic::render::display;
use crate::locale::visible::{guard_lines, visible};
use crate::plan::inputs::Inputs;
use crate::plan::schedule::outlook::{Lookout, Outlook};
use crate::report::breakdown::{Ahead, Breakdown};
use crate::report::plan::json::{CapsReport, PlanReport, WindowsReport};
use crate::report::plan::late;
use crate::report::plan::sample::{self, Wanted};
use crate::report::plan::{markdown, text};
use crate::report::{self, Format, write_file};

/// Plans a campaign and tells everything about it.
pub(crate) fn run(args: &args::Plan, terminal: &Terminal) -> Result<Exit, Problem> {
    let earlier = args.compare.as_deref().map(earlier).transpose()?;
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
    kept(&loaded).insist(file(args.output.as_ref()), Kind::of_format(&args.format))?;
    if let Some(campaign) = &loaded.campaign {
        hosts(campaign)?;
    }
    if let (Some(earlier), Some(path), Some(campaign)) = (&earlier, &args.compare, &loaded.campaign) {
        same_campaign(earlier, path, campaign)?;
    }
    let masked = masks(args.mask_openid, travels);
    if masked {
        loaded.plan.diagnostics.mask_openids();
    }
    if travels || args.sandbox || is_ci() {
        loaded.plan.diagnostics.cut_cells();
    }
    if travels {
        workspace::make_portable(&mut loaded.sources);
    }
    let for_people = format.is_none_or(|format| format.name == "github");
    let outlook = look_ahead(args, for_people, &mut loaded)?;
    let held = held_back(args, &mut loaded)?;
    let breakdown = break_down(args, for_people, &mut loaded, outlook.as_ref(), held.as_ref())?;
    let mut told = PlanReport::new(&loaded.facts, &loaded.plan, &loaded.sources, &terminal.words);
    let before = earlier.as_ref().map(Before::of);
    if let Some(campaign) = loaded.campaign.as_ref().filter(|_| travels || earlier.is_some()) {
        let wanted = Wanted { samples: travels, messages: manifest, earlier, masked };
        let read = sample::read(campaign, &loaded.plan, wanted, &terminal.words)
            .map_err(|_| Problem::changed(Exit::Invalid))?;
        (told.samples, told.messages, told.changes) = (read.samples, read.messages, read.changes);
        if let (Some(changes), Some(before)) = (&mut told.changes, before) {
            before.note(changes, &loaded.facts);
        }
    }
    tell(args, format, &loaded, (outlook.as_ref(), &breakdown), &told, terminal)?;
    insist(args, &loaded)?;
    terminal.next("plan", &args.campaign.campaign);
    Ok(Exit::Ok)
}

/// Who can still be reached when sending begins at the moment that flag or campaign fix, or else now; and the file of
/// those who cannot, where one is wanted. Only what is fixed is part of the plan: equal files give equal bytes.
fn look_ahead(args: &args::Plan, for_people: bool, loaded: &mut Loaded) -> Result<Option<Outlook>, Problem> {
    let Some(campaign) = &loaded.campaign else { return Ok(None) };
    let hours = &campaign.send.hours;
    let fixed = fixed(args, hours)?;
    let at = fixed.unwrap_or_else(Timestamp::now);
    // What no machine is told of nobody has to work out.
    let is_told = for_people || fixed.is_some();
    let lookout = Lookout::of(campaign, &loaded.plan).map_err(|_| Problem::changed(Exit::Invalid))?;
    let outlook = if is_told { lookout.outlook(at) } else { None };
    if let Some(file) = &args.late {
        let Some(lost) = lookout.lost(at) else {
            return Err(Problem::new(Exit::Usage, "late-without-window").with("file", display(file)));
        };
        let inputs = Inputs::of_campaign(campaign, &loaded.plan.library);
        let mut bytes = Vec::new();
        let written = late::write(&inputs, &loaded.plan, &lost, &mut bytes)
            .map_err(|_| Problem::changed(Exit::Invalid))?;
        kept(loaded).insist_list(file, &bytes)?;
        written
            .and_then(|()| write_file(file, |out| out.write_all(&bytes)))
            .map_err(|reason| Problem::cannot_write(file, reason))?;
    }
    let zone = &hours.zone;
    loaded.facts.windows =
        outlook.as_ref().filter(|_| fixed.is_some()).map(|outlook| WindowsReport::of(outlook, zone));
    Ok(outlook)
}

/// The moment at which sending begins, where flag or campaign fix one.
fn fixed(args: &args::Plan, hours: &Hours) -> Result<Option<Timestamp>, Problem> {
    match args.at.as_deref() {
        Some(text) => moment_of(text, hours, Timestamp::now()).map(Some),
        None => Ok(hours.not_before),
    }
}

/// Whom policies hold back, by what the journal knows. What somebody else wrote is told nothing of this computer's journals.
fn held_back(args: &args::Plan, loaded: &mut Loaded) -> Result<Option<Held>, Problem> {
    let Some(campaign) = &loaded.campaign else { return Ok(None) };
    if args.sandbox || is_ci() {
        return Ok(None);
    }
    let hours = &campaign.send.hours;
    let fixed = fixed(args, hours)?;
    let at = fixed.unwrap_or_else(Timestamp::now);
    let account = AccountFolder::find(&campaign.account.appid, args.state.dir());
    let folder =
        account.map(|account| Ok::<_, Problem>(account.of(hosts(campaign)?.destination()))).transpose()?;
    let held = Held::by_journal(campaign, &loaded.plan, folder.as_deref(), at)?;
    let report = held.as_ref().filter(|_| fixed.is_some());
    loaded.facts.caps = report.map(|held| CapsReport::of(&held.rules, at, &hours.zone));
    Ok(held)
}

/// Who gets it and who does not, as people are told: where the campaign has windows, or hours, as if it began now. What is part of the
/// plan counts only what is fixed.
fn break_down(
    args: &args::Plan,
    for_people: bool,
    loaded: &mut Loaded,
    outlook: Option<&Outlook>,
    held: Option<&Held>,
) -> Result<Breakdown, Problem> {
    let Some(campaign) = &loaded.campaign else {
        return Ok(Breakdown::of_plan(None, &loaded.plan, &Ahead::default()));
    };
    let fixed = fixed(args, &campaign.send.hours)?;
    // People at a terminal are told when the hours let it begin, too.
    let now = (for_people && campaign.send.hours.is_limited()).then(Timestamp::now);
    let at = outlook.map(|outlook| outlook.at);
    // Whoever is held back takes nobody's turn.
    let others = match (held, at) {
        (Some(held), Some(at)) => {
            let lookout = Lookout::of(campaign, &loaded.plan).map_err(|_| Problem::changed(Exit::Invalid))?;
            held.outlook(&lookout, at)
        }
        (None, _) | (_, None) => None,
    };
    let held = held.map_or(&[][..], |held| &held.rules);
    let at = fixed.or(at).or(now);
    let ahead = Ahead { at, outlook: others.as_ref().or(outlook), held, ..Ahead::default() };
    let told = Breakdown::of_plan(Some(campaign), &loaded.plan, &ahead);
    loaded.facts.breakdown = Some(match fixed {
        Some(_) => told.clone(),
        None => Breakdown::of_plan(Some(campaign), &loaded.plan, &Ahead::default()),
    });
    Ok(told)
}

/// What the plan is never written over.
fn kept(loaded: &Loaded) -> Kept {
    let reads = match &loaded.campaign {
        Some(campaign) => campaign.reads(),
        None => [Some(loaded.sources.campaign.clone()), loaded.sources.audience.clone()]
            .into_iter()
            .flatten()
            .collect(),
    };
    Kept::of(loaded.facts.campaign.clone(), reads, None)
}

fn tell(
    args: &args::Plan,
    format: Option<&Format<PlanReport>>,
    loaded: &Loaded,
    (outlook, breakdown): (Option<&Outlook>, &Breakdown),
    told: &PlanReport,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let words = &terminal.words;
    match format {
        Some(format) => {
            let form = form_of(format.name);
            print(file(args.output.as_ref()), terminal, form, |out| (format.write)(told, words, out))?;
        }
        None => {
            terminal.tell(&text::faults(&loaded.plan.diagnostics, &loaded.sources, words, terminal.color));
            let mut text = text::summary(&loaded.facts, &loaded.plan, breakdown, words);
            text += &told.changes.as_ref().map_or_else(String::new, |changes| text::changes(changes, words));
            if let (Some(outlook), Some(campaign)) = (outlook, &loaded.campaign) {
                for line in text::outlook(outlook, &campaign.send.hours.zone, words) {
                    text += &line;
                    text.push('\n');
                }
            }
            if let Some(campaign) = &loaded.campaign {
                for line in sidecar::lines(campaign, Timestamp::now(), terminal) {
                    text += &format!("{line}\n");
                }
            }
            let text = visible(&text, false);
            print(file(args.output.as_ref()), terminal, Form::Text, |out| out.write_all(text.as_bytes()))?;
        }
    }
    let sound = loaded.plan.diagnostics.errors() == 0;
    if sound && loaded.plan.same_for_all && format.is_none_or(|format| format.name == "github") {
        terminal.say("plan.same-for-all", &[]);
    }
    if format.is_some_and(|format| format.name == "github") {
        terminal.tell(&text::summary(&loaded.facts, &loaded.plan, breakdown, words));
        workspace::summarize(|room| markdown::within(room, told, words))
            .map_err(|(file, reason)| Problem::cannot_write(&file, reason))?;
    }
    Ok(())
}

/// Insists on a plan without errors, and on the one that was expected.
fn insist(args: &args::Plan, loaded: &Loaded) -> Result<(), Problem> {
    let faults = &loaded.plan.diagnostics;
    if faults.errors() > 0 {
        let invalid = Problem::invalid(faults.errors(), faults.warnings());
        return Err(invalid.next("invalid", &args.campaign.campaign));
    }
    let id = loaded.facts.id.expect("a plan without errors whose hosts are known has an id");
    insist_on_expected(&args.expect, &loaded.plan, id)
}
