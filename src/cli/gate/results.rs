//! The files of results that tell of a campaign, whatever they are called: by the campaign, by a flag once, or because
//! the usual one could not be written.

use std::path::PathBuf;

use crate::campaign::Campaign;
use crate::campaign::results_name::names;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::output_path::{Why, forbids_results, writer};
use crate::own_file::followed;
use crate::report::results::told::EarlierResults;

/// The files of results that tell of a campaign at a destination, each with the numbered names beside it.
pub(super) fn files(campaign: &Campaign, witnesses: &Witnesses) -> Vec<PathBuf> {
    let by_receipt = witnesses.entry().and_then(|entry| entry.results_file(&witnesses.file));
    let results = &campaign.results;
    let usual = std::iter::once(&results.path).chain(&results.usual).chain(&by_receipt);
    let mut files: Vec<PathBuf> = Vec::new();
    for file in usual.flat_map(|usual| names(usual)) {
        let is_new = files.iter().all(|known| followed(known) != followed(&file));
        if is_new && tells(campaign, witnesses, &file) {
            files.push(file);
        }
    }
    files
}

/// Whether there is a file, and it tells of this campaign and of nothing else that is known.
fn tells(campaign: &Campaign, witnesses: &Witnesses, file: &PathBuf) -> bool {
    // Whoever raised the wave sends it to everybody again.
    let is_of_another_wave =
        || writer(campaign, &followed(file)).is_some_and(|entry| entry.wave != campaign.wave);
    if open(campaign, file).is_none() || is_of_another_wave() {
        return false;
    }
    match forbids_results(campaign, Some(witnesses.destination), file) {
        // What somebody took columns out of still tells.
        None | Some(Why::Edited(_)) => true,
        Some(
            Why::Read
            | Why::State
            | Why::Foreign
            | Why::OtherKind
            | Why::OtherCampaign(_)
            | Why::OtherAccount(_)
            | Why::Real
            | Why::Named,
        ) => false,
    }
}

/// A file of results.
pub(super) fn open(campaign: &Campaign, file: &PathBuf) -> Option<EarlierResults> {
    file.is_file().then(|| EarlierResults::open(file, &campaign.audience.openid_column)).flatten()
}
