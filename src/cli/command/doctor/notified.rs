//! `doctor --notify`: sends a notice that says it is a test.

use crate::campaign::Campaign;
use crate::cli::command::doctor::Found;
use crate::cli::notice::{Tested, test};
use crate::cli::terminal::Terminal;

/// Sends it, and says what came of it. Sending a campaign needs no notice, so nothing here keeps `send` from beginning.
pub(super) fn notified(campaign: &Campaign, terminal: &Terminal) -> Found {
    let said = |key: &str, places: &[(&str, &dyn std::fmt::Display)]| {
        terminal.words.say(&format!("doctor.notify.{key}"), places)
    };
    match test(campaign, &terminal.words) {
        Tested::Nobody => Found::ok(said("none", &[])),
        Tested::NoAddress(variable) => {
            Found::warning(said("no-address", &[("variable", &variable)]), Some(said("help", &[])))
        }
        Tested::Taken(host) => Found::ok(said("taken", &[("host", &host)])),
        Tested::NotTaken(host) => {
            Found::warning(said("not-taken", &[("host", &host)]), Some(said("help", &[])))
        }
    }
}
