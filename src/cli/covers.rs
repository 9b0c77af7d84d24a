//! `--fetch-pictures`: the pictures from the web that messages show, fetched because somebody asked for them.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cli::platform::runtime;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::report::preview::gallery::LARGEST;
use crate::report::preview::html::{Preview, web_pictures};
use crate::report::preview::what::Covers;
use crate::wechat::client::{Client, Timeouts};
use crate::wechat::hook::Hook;

/// A page waits no longer for a picture.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(5), answer: Duration::from_secs(10) };

/// So many pictures are fetched.
const MOST: usize = 40;

/// Fetches the pictures of a preview. What cannot be fetched is told and not shown.
///
/// # Errors
///
/// When nothing can be run here.
pub(crate) fn fetch(preview: &Preview<'_>, terminal: &Terminal) -> Result<Covers, Problem> {
    let addresses: BTreeSet<String> = web_pictures(preview);
    let runtime = runtime()?;
    let mut covers = Covers::new();
    for address in addresses.into_iter().take(MOST) {
        let content = Hook::parse(&address).and_then(|hook| {
            let client = Client::new(hook.host.clone(), TIMEOUTS).ok()?;
            let most = usize::try_from(LARGEST).expect("two million fit everywhere");
            runtime.block_on(client.fetch(&hook, most))
        });
        match content {
            Some(content) => {
                covers.insert(address, content.to_vec());
            }
            None => terminal.warn("preview.not-fetched", &[("address", &address)]),
        }
    }
    Ok(covers)
}
