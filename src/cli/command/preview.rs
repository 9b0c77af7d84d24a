//! `wxcast preview`: finished messages.

use std::sync::Arc;

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::cli::agreement::warnings;
use crate::cli::command::{chosen, serve};
use crate::cli::context::{environment, load_sound_guarded};
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
use crate::plan::Plan;
use crate::plan::batch::PlannedMessage;
use crate::plan::sample::survey::Survey;
use crate::report::form::page::PageError;
use crate::report::{preview, write_file};

/// Shows messages.
pub(crate) fn run(args: &args::Preview, terminal: &Terminal) -> Result<Exit, Problem> {
    if args.serve {
        return serve::run(args, terminal);
    }
    let (campaign, plan) = load_sound_guarded(&args.campaign.campaign, &environment(), args.mask_openid)?;
    let output = file(args.output.as_ref());
    let kind = match args.format {
        PreviewFormat::Human => Kind::Text,
        PreviewFormat::Json => Kind::Json,
        PreviewFormat::Html => Kind::Html,
    };
    Kept::of_campaign(&campaign, args.state.dir()).insist(output, kind)?;
    let survey = chosen::messages(args, &campaign, &plan).map_err(|_| Problem::changed(Exit::Invalid))?;
    let single = args.row.is_some() || args.openid.is_some();
    if survey.samples.is_empty() && single {
        return Err(Problem::new(Exit::Usage, "no-such-recipient"));
    }
    let hosts = hosts(&campaign)?;
    let account = AccountFolder::find(&campaign.account.appid, args.state.dir());
    let state = account.filter(|_| !plan.media.is_empty()).map(|account| account.of(hosts.destination()));
    let kept = state.map_or(Ok(None), |state| MediaStore::read(&state))?;
    let ids = |message: &PlannedMessage| living(message, kept.as_ref(), &campaign);
    let text = text(args, &campaign, &plan, &survey, ids, terminal)
        .map_err(|_| Problem::new(Exit::Internal, "internal"))?;
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
        warnings(&plan, &campaign, terminal);
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
    plan: &Plan,
    survey: &Survey,
    ids: impl Fn(&PlannedMessage) -> Vec<Option<Arc<str>>>,
    terminal: &Terminal,
) -> Result<String, PageError> {
    let samples = survey.samples.iter();
    Ok(match args.format {
        PreviewFormat::Json => {
            let messages: Vec<_> = samples
                .filter_map(|sample| preview::json(sample, &ids(&sample.message), masks(args.mask_openid)))
                .collect();
            serde_json::to_string_pretty(&messages).expect("JSON values always serialise") + "\n"
        }
        PreviewFormat::Human => {
            let (kind, masked) = (campaign.body.kind(), masks(args.mask_openid));
            let words = &terminal.words;
            let shown =
                samples.map(|sample| preview::text(sample, &ids(&sample.message), kind, masked, words));
            shown.collect::<Vec<_>>().join("\n")
        }
        PreviewFormat::Html => {
            let masked = chosen::masks_page(args);
            let page = preview::html::Preview { campaign, plan, survey, masked, script: None };
            preview::html::html(&page, &terminal.words)?
        }
    })
}
