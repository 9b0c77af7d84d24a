//! `wxcast preview --serve`: the page of a preview on 127.0.0.1, renewed when its files change.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::command::chosen;
use crate::cli::context::{environment, load};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, MaskOpenid};
use crate::cli::platform::runtime;
use crate::cli::problem::Problem;
use crate::cli::random;
use crate::cli::terminal::{Terminal, masks};
use crate::diagnostic::Diagnostics;
use crate::diagnostic::render::Sources;
use crate::live::{Live, Made, Make};
use crate::locale::Catalog;
use crate::page_access::AccessKeys;
use crate::plan::Plan;
use crate::plan::pass::Changed;
use crate::report::form::page::PageError;
use crate::report::plan::faults_html;
use crate::report::preview::html;
use crate::send::shutdown::Signals;

/// How many media files are watched.
const WATCHED: usize = 64;

/// Serves the page until it is interrupted.
pub(crate) fn run(args: &args::Preview, terminal: &Terminal) -> Result<Exit, Problem> {
    let runtime = runtime()?;
    let make: Make = {
        let (args, words) = (args.clone(), terminal.words.clone());
        Arc::new(move |script| make(&args, script, &words))
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

/// The page as the files are now: the preview, or what is wrong with them.
fn make(args: &args::Preview, script: &str, words: &Catalog) -> Made {
    let loaded = load(&args.campaign.campaign, &environment());
    let files = files(&loaded.sources, &loaded.plan);
    let mut faults = loaded.plan.diagnostics.clone();
    let html = match &loaded.campaign {
        Some(campaign) => match chosen::messages(args, campaign, &loaded.plan) {
            Ok(survey) => {
                let masked = chosen::masks_page(args);
                let (plan, script) = (&loaded.plan, Some(script));
                let page = html::Preview { campaign, plan, survey: &survey, masked, script };
                html::html(&page, words)
            }
            Err(changed) => {
                // It changed while it was read, so that it is made again at once.
                faults.extend(match changed {
                    Changed::Unreadable(faults) => faults,
                    Changed::Differs => Vec::new(),
                });
                page_of(faults, &loaded.sources, script, args, words)
            }
        },
        None => page_of(faults, &loaded.sources, script, args, words),
    };
    // Only a mistake of this program leaves a page without its text.
    Made { html: html.unwrap_or_else(|error| error.to_string()), files }
}

fn page_of(
    mut faults: Diagnostics,
    sources: &Sources,
    script: &str,
    args: &args::Preview,
    words: &Catalog,
) -> Result<String, PageError> {
    if masks(MaskOpenid::Auto) || chosen::masks_page(args) {
        faults.mask_openids();
    }
    faults_html::html(&faults, sources, script, words)
}

/// The files that the page is made of. Of many personal pictures only the first are watched.
fn files(sources: &Sources, plan: &Plan) -> Vec<PathBuf> {
    let media = plan.media.files().iter().map(|needed| needed.file.path.clone()).take(WATCHED);
    std::iter::once(sources.campaign.clone()).chain(sources.audience.clone()).chain(media).collect()
}
