//! The files of results that tell of a campaign, whatever they are called: by the campaign, by a flag once, or because
//! the usual one could not be written.

use std::path::{Path, PathBuf};

use crate::campaign::Campaign;
use crate::campaign::results_name::names;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::output_path::{Why, forbids_results, writer};
use crate::journal::JournalError;
use crate::own_file::followed;
use crate::report::results::told::{EarlierResults, Unread};

/// The files of results that tell of a campaign at a destination, each with the numbered names beside it; and those that
/// lie beside it under other names, once they were looked for.
pub(super) fn files(campaign: &Campaign, witnesses: &Witnesses) -> Vec<PathBuf> {
    let mut files = telling(campaign, witnesses, candidates(campaign, witnesses));
    files.extend(witnesses.strays.iter().cloned());
    files
}

/// The names under which results of a campaign are looked for, those that are there.
fn candidates(campaign: &Campaign, witnesses: &Witnesses) -> Vec<PathBuf> {
    let by_receipt = witnesses.entry().and_then(|entry| entry.results_file(&witnesses.file));
    let results = &campaign.results;
    let usual = std::iter::once(&results.path).chain(&results.usual).chain(&by_receipt);
    usual.flat_map(|usual| names(usual)).filter(|file| file.is_file()).collect()
}

/// Those of these files that tell of a campaign, each once whatever it is called.
fn telling(campaign: &Campaign, witnesses: &Witnesses, candidates: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for file in candidates {
        let is_new = files.iter().all(|known| followed(known) != followed(&file));
        if is_new && tells(campaign, witnesses, &file) {
            files.push(file);
        }
    }
    files
}

/// Whether a file tells of this campaign and of nothing else that is known.
fn tells(campaign: &Campaign, witnesses: &Witnesses, file: &Path) -> bool {
    // Whoever raised the wave sends it to everybody again.
    let is_of_another_wave =
        || writer(campaign, &followed(file)).is_some_and(|entry| entry.wave != campaign.wave);
    if !is_evidence(campaign, witnesses, file) || is_of_another_wave() {
        return false;
    }
    match forbids_results(campaign, Some(witnesses.destination), file) {
        // What somebody took columns out of still tells, and is foreign where the status is one of them or it is damaged.
        None | Some(Why::Edited(_) | Why::Unsaid | Why::Foreign) => true,
        Some(
            Why::Read
            | Why::State
            | Why::OtherKind
            | Why::OtherCampaign(_)
            | Why::OtherAccount(_)
            | Why::Real
            | Why::Named,
        ) => false,
    }
}

/// Whether a file is one of results, or one of which nobody can tell because it may not be read.
fn is_evidence(campaign: &Campaign, witnesses: &Witnesses, file: &Path) -> bool {
    match EarlierResults::open_among(file, &campaign.audience.openid_column, &witnesses.tables) {
        Ok(None) => false,
        Ok(Some(_)) | Err(_) => true,
    }
}

/// Those files that tell of a campaign and were not written from this journal, or were touched since.
///
/// # Errors
///
/// When the journal cannot be read.
pub(super) fn of_others(campaign: &Campaign, witnesses: &Witnesses) -> Result<Vec<PathBuf>, JournalError> {
    let Some((store, key)) = witnesses.known() else { return Ok(files(campaign, witnesses)) };
    // Asked before a file is opened: results of millions are large, and mostly as they were written.
    let others = |files: Vec<PathBuf>| -> Result<Vec<PathBuf>, JournalError> {
        let mut others = Vec::new();
        for file in files {
            if !store.wrote_results(key, &file)? {
                others.push(file);
            }
        }
        Ok(others)
    };
    let mut found = telling(campaign, witnesses, others(candidates(campaign, witnesses))?);
    found.extend(others(witnesses.strays.clone())?);
    Ok(found)
}

/// The first of these files that tells something that cannot be understood. Nobody knows whom it names, so it is never
/// taken for one that names nobody.
pub(super) fn first_unread(
    campaign: &Campaign,
    witnesses: &Witnesses,
    files: &[PathBuf],
) -> Option<(PathBuf, Unread)> {
    files.iter().find_map(|file| unread(campaign, witnesses, file).map(|why| (file.clone(), why)))
}

/// What of a file of results cannot be understood. One that lies there under another name is somebody's own copy, with
/// their notes in it: of it counts what can be.
pub(super) fn unread(campaign: &Campaign, witnesses: &Witnesses, file: &Path) -> Option<Unread> {
    if witnesses.is_stray(file) {
        return None;
    }
    match EarlierResults::open_among(file, &campaign.audience.openid_column, &witnesses.tables) {
        Ok(results) => results.and_then(EarlierResults::unread),
        Err(unread) => Some(unread),
    }
}

/// A file of results.
pub(super) fn open(campaign: &Campaign, witnesses: &Witnesses, file: &Path) -> Option<EarlierResults> {
    EarlierResults::open_among(file, &campaign.audience.openid_column, &witnesses.tables).ok().flatten()
}
