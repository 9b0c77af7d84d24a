//! `wxcast preview --serve`: the page of a preview on 127.0.0.1, renewed when its files change.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::campaign::Campaign;
use crate::cli::command::chosen;
use crate::cli::context::{Loaded, environment, load};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, MaskOpenid};
use crate::cli::platform::runtime;
use crate::cli::problem::Problem;
use crate::cli::random;
use crate::cli::terminal::{Terminal, masks};
use crate::diagnostic::render::Sources;
use crate::live::{Live, Made, Make};
use crate::locale::Catalog;
use crate::page_access::AccessKeys;
use crate::plan::Plan;
use crate::plan::pass::Changed;
use crate::plan::sample::survey::Survey;
use crate::report::form::page::PageError;
use crate::report::plan::faults_html::{self, Good};
use crate::report::preview::html;
use crate::send::shutdown::Signals;

/// How many media files are watched.
const WATCHED: usize = 64;

/// Serves the page until it is interrupted.
pub(crate) fn run(args: &args::Preview, terminal: &Terminal) -> Result<Exit, Problem> {
    let runtime = runtime()?;
    let make: Make = {
        let (args, words) = (args.clone(), terminal.words.clone());
        let before = Mutex::new(None);
        Arc::new(move |script| make(&args, script, &before, &words))
    };
    runtime.block_on(async {
        let mut signals = Signals::listen();
        let keys = AccessKeys { token: random::word()?, session: random::word()? };
        let live = Live::start(make, args.port, keys)
            .await
            .map_err(|error| Problem::new(Exit::Usage, "serve").with("port", args.port).because(error))?;
        terminal.data(&format!("{}\n", live.url()));
        terminal.say("preview.serving", &[("url", &live.url())]);
        if args.open
            && let Err(error) = webbrowser::open(&live.url())
        {
            terminal.warn("preview.no-browser", &[("url", &live.url()), ("reason", &error)]);
        }
        signals.next().await;
        live.stop().await;
        Ok(Exit::Ok)
    })
}

/// The page as the files are now: the preview, or what is wrong with them beside the preview as it was before.
fn make(args: &args::Preview, script: &str, before: &Mutex<Option<Good>>, words: &Catalog) -> Made {
    let loaded = load(&args.campaign.campaign, &environment());
    let files = files(&loaded.sources, &loaded.plan);
    let mut faults = loaded.plan.diagnostics.clone();
    if let Some(campaign) = &loaded.campaign {
        match chosen::messages(args, campaign, &loaded.plan) {
            Ok(survey) => {
                let html = good(args, campaign, &loaded, &survey, script, before, words);
                // Only a mistake of this program leaves a page without its text.
                return Made { html: html.unwrap_or_else(|error| error.to_string()), files };
            }
            // It changed while it was read, so that it is made again at once.
            Err(Changed::Unreadable(unreadable)) => faults.extend(unreadable),
            Err(Changed::Differs) => {}
        }
    }
    if masks(MaskOpenid::Auto) || chosen::masks_page(args) {
        faults.mask_openids();
    }
    let before = before.lock().unwrap_or_else(PoisonError::into_inner);
    let html = faults_html::html(&faults, &loaded.sources, script, before.as_ref(), words);
    Made { html: html.unwrap_or_else(|error| error.to_string()), files }
}

/// The preview, which is kept to stand beside the next fault.
fn good(
    args: &args::Preview,
    campaign: &Campaign,
    loaded: &Loaded,
    survey: &Survey,
    script: &str,
    before: &Mutex<Option<Good>>,
    words: &Catalog,
) -> Result<String, PageError> {
    let Loaded { plan, sources, facts, campaign: _ } = loaded;
    let shown = html::Preview { campaign, plan, survey, covers: None, masked: chosen::masks_page(args) };
    let (samples, pictures) = html::samples(&shown, words);
    let kept = Good { kind: campaign.body.kind(), samples, pictures };
    *before.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    let around = html::Around { sources, id: facts.id, changes: None, script: Some(script) };
    html::html(&shown, &around, words)
}

/// The files that the page is made of. Of many personal pictures only the first are watched.
fn files(sources: &Sources, plan: &Plan) -> Vec<PathBuf> {
    let media = plan.media.files().iter().map(|needed| needed.file.path.clone()).take(WATCHED);
    std::iter::once(sources.campaign.clone()).chain(sources.audience.clone()).chain(media).collect()
}
