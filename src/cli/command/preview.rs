//! `wxcast preview`: finished messages.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::cli::agreement::warnings;
use crate::cli::command::{chosen, serve};
use crate::cli::compared::changes_since;
use crate::cli::context::{Loaded, environment, load_guarded};
use crate::cli::covers;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, PreviewFormat};
use crate::cli::output::file;
use crate::cli::output_path::Kept;
use crate::cli::platform::hosts;
use crate::cli::problem::Problem;
use crate::cli::report_kind::Kind;
use crate::cli::terminal::{Form, Terminal, masks};
use crate::cli::user_state::AccountFolder;
use crate::journal::media::MediaStore;
use crate::message::media::Content;
use crate::plan::batch::PlannedMessage;
use crate::plan::sample::survey::Survey;
use crate::report::preview::html::{Around, Preview};
use crate::report::{preview, write_file};

/// Shows messages.
pub(crate) fn run(args: &args::Preview, terminal: &Terminal) -> Result<Exit, Problem> {
    if args.serve {
        return serve::run(args, terminal);
    }
    let (campaign, loaded) = load_guarded(&args.campaign.campaign, &environment(), args.mask_openid)?;
    let plan = &loaded.plan;
    let output = file(args.output.as_ref());
    let kind = match args.format {
        PreviewFormat::Human => Kind::Text,
        PreviewFormat::Json => Kind::Json,
        PreviewFormat::Html => Kind::Html,
    };
    Kept::of_campaign(&campaign, args.state.dir()).insist(output, kind)?;
    let survey = chosen::messages(args, &campaign, plan).map_err(|_| Problem::changed(Exit::Invalid))?;
    let single = args.row.is_some() || args.openid.is_some();
    if survey.samples.is_empty() && single {
        return Err(Problem::new(Exit::Usage, "no-such-recipient"));
    }
    let hosts = hosts(&campaign)?;
    let account = AccountFolder::find(&campaign.account.appid, args.state.dir());
    let state = account.filter(|_| !plan.media.is_empty()).map(|account| account.of(hosts.destination()));
    let kept = state.map_or(Ok(None), |state| MediaStore::read(&state))?;
    let ids = |message: &PlannedMessage| living(message, kept.as_ref(), &campaign);
    let text = match args.format {
        PreviewFormat::Html => page(args, &campaign, &loaded, &survey, terminal)?,
        PreviewFormat::Human | PreviewFormat::Json => text(args, &campaign, &survey, ids, terminal),
    };
    match output {
        None => match args.format {
            PreviewFormat::Human => terminal.data(&text),
            PreviewFormat::Json => terminal.document(&text, Form::Json),
            PreviewFormat::Html => terminal.document(&text, Form::Text),
        },
        Some(path) => write_file(path, |out| out.write_all(text.as_bytes()))
            .map_err(|error| Problem::cannot_write(path, error))?,
    }
    if args.format == PreviewFormat::Human {
        // Whoever looks at messages may not look at the plan again before they send them.
        warnings(plan, &campaign, terminal);
    }
    terminal.next("preview", &args.campaign.campaign);
    Ok(Exit::Ok)
}

/// The ids that the files of a message have and that still live.
fn living(message: &PlannedMessage, kept: Option<&MediaStore>, campaign: &Campaign) -> Vec<Option<Arc<str>>> {
    let now = Timestamp::now();
    let id = |content: Content| {
        let found = kept?.find(&campaign.account.appid, content.upload.name(), &content.sha256);
        // `send` reports what is wrong with kept ids; here a file without one is shown by its name.
        found.ok().flatten().filter(|kept| kept.is_usable(now)).map(|kept| kept.id.into())
    };
    message.media.iter().map(|place| id(place.file.content)).collect()
}

fn text(
    args: &args::Preview,
    campaign: &Campaign,
    survey: &Survey,
    ids: impl Fn(&PlannedMessage) -> Vec<Option<Arc<str>>>,
    terminal: &Terminal,
) -> String {
    let (samples, masked) = (survey.samples.iter(), masks(args.mask_openid));
    if args.format == PreviewFormat::Json {
        let messages = samples.filter_map(|sample| preview::json(sample, &ids(&sample.message), masked));
        let messages: Vec<_> = messages.collect();
        return serde_json::to_string_pretty(&messages).expect("JSON values always serialise") + "\n";
    }
    let (kind, words) = (campaign.body.kind(), &terminal.words);
    let shown = samples.map(|sample| preview::text(sample, &ids(&sample.message), kind, masked, words));
    shown.collect::<Vec<_>>().join("\n")
}

/// The page, with what has changed since another plan and with pictures from the web where somebody asks for them.
fn page(
    args: &args::Preview,
    campaign: &Campaign,
    loaded: &Loaded,
    survey: &Survey,
    terminal: &Terminal,
) -> Result<String, Problem> {
    let Loaded { plan, sources, facts, campaign: _ } = loaded;
    let since = |path: &PathBuf| changes_since(path, campaign, plan, facts, &terminal.words);
    let changes = args.compare.as_ref().map(since).transpose()?.flatten();
    let shown = Preview { campaign, plan, survey, covers: None, masked: chosen::masks_page(args) };
    let covers = if args.fetch_pictures { Some(covers::fetch(&shown, terminal)?) } else { None };
    let shown = Preview { covers: covers.as_ref(), ..shown };
    let around = Around { sources, id: facts.id, changes: changes.as_ref(), script: None };
    preview::html::html(&shown, &around, &terminal.words)
        .map_err(|_| Problem::new(Exit::Internal, "internal"))
}
