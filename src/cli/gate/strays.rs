//! Results that lie beside a campaign under a name nobody gave them here: `结果(1).xlsx` from a chat, `结果 - 副本.xlsx`, what
//! `results -o` wrote. A file with the columns of results that tells of people on this campaign's list is evidence.
//!
//! The search is bounded, so that a folder full of other things costs nothing: see the constants, which the manual repeats.

use std::fs;
use std::path::{Path, PathBuf};

use crate::api_base::Destination;
use crate::audience::workbook::is_named_so;
use crate::campaign::Campaign;
use crate::campaign::results_name::{LOCAL, REHEARSAL, names};
use crate::cli::gate::listed;
use crate::cli::gate::results::open;
use crate::cli::gate::witnesses::Witnesses;
use crate::cli::output_path::writer;
use crate::cli::user_state::AccountFolder;
use crate::journal::JournalError;
use crate::journal::identity::Channel;
use crate::journal::identity::Naming;
use crate::journal::people::People;
use crate::journal::store::Store;
use crate::own_file::followed;
use crate::report::results::summary::Summary;
use crate::report::results::told::EarlierResults;

/// So many names of a folder are looked at.
const NAMES: usize = 1000;
/// So many spreadsheets are opened, up to this size each, and up to this size together.
const FILES: usize = 30;
const LARGEST: u64 = 8 << 20;
const ALL: u64 = 24 << 20;

/// Results beside a campaign that name somebody on its list of whom the journal here knows nothing.
///
/// # Errors
///
/// When the journal cannot be read.
pub(super) fn find(
    campaign: &Campaign,
    witnesses: &Witnesses,
    account: &AccountFolder,
) -> Result<Vec<PathBuf>, JournalError> {
    let mut files = candidates(campaign, witnesses);
    if files.is_empty() {
        return Ok(files);
    }
    let known = known(witnesses, account)?;
    let naming = Naming::Openids;
    let listed = listed::people(campaign, &naming);
    files.retain(|file| {
        let Some(results) = open(campaign, witnesses, file) else { return false };
        let (mut news, mut of_campaigns) = (false, vec![true; known.len()]);
        reached(results, |openid| {
            for (all, people) in of_campaigns.iter_mut().zip(&known) {
                *all &= people.knows(openid);
            }
            news |= listed.contains(&naming.message(openid, 1));
        });
        // Whom one campaign of this journal knows to the last is told of by that one's results.
        news && !of_campaigns.contains(&true)
    });
    Ok(files)
}

/// Calls with everybody to whom a request was made that may have reached them, and whose openid is whole.
fn reached(mut results: EarlierResults, mut each: impl FnMut(&str)) {
    while let Some(line) = results.next_line() {
        if line.reached() && !line.is_masked() {
            each(&line.openid);
        }
    }
}

/// The people of each campaign that the journals here know: that of a simulator, too, whose results may have got another
/// name.
fn known(witnesses: &Witnesses, account: &AccountFolder) -> Result<Vec<People>, JournalError> {
    let local = match witnesses.destination {
        Destination::Real => Store::read(&account.of(Destination::Local))?,
        Destination::Local => None,
    };
    let mut known = Vec::new();
    for store in witnesses.store.iter().chain(&local) {
        known.append(&mut of_journal(store, witnesses)?);
    }
    Ok(known)
}

fn of_journal(store: &Store, witnesses: &Witnesses) -> Result<Vec<People>, JournalError> {
    let campaigns = store.campaigns(&witnesses.whose.appid)?.into_iter();
    // A trial is no message of a campaign, and nobody's results tell of it.
    let sent = campaigns.filter(|campaign| campaign.whose.channel == Channel::Send);
    sent.map(|campaign| People::load(&**store, campaign.key)).collect()
}

/// The files beside a campaign that are results by their columns, and of nothing else as far as can be seen.
fn candidates(campaign: &Campaign, witnesses: &Witnesses) -> Vec<PathBuf> {
    let files = [campaign.path.clone(), campaign.results.path.clone(), followed(&campaign.path)];
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in files.iter().filter_map(|file| file.parent()) {
        if folders.iter().all(|known| real(known) != real(folder)) {
            folders.push(folder.to_owned());
        }
    }
    let not_these = known_names(campaign, witnesses);
    let (mut found, mut opened, mut left) = (Vec::new(), 0, ALL);
    for file in folders.iter().flat_map(|folder| spreadsheets(folder)) {
        let size = fs::symlink_metadata(&file).map_or(0, |about| about.len());
        let may_be = size > 0
            && size <= LARGEST
            && !not_these.contains(&followed(&file))
            && is_of_destination(witnesses.destination, &file)
            && !is_named_for_another(campaign, &file);
        if !may_be || opened == FILES || size > left {
            continue;
        }
        (opened, left) = (opened + 1, left - size);
        if open(campaign, witnesses, &file).is_some_and(|results| results.has_most_columns())
            && !is_of_another(campaign, &file)
        {
            found.push(file);
        }
    }
    found
}

/// A folder by its real name.
fn real(folder: &Path) -> Option<PathBuf> {
    fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()
}

/// The files in a folder that a spreadsheet program reads, in the order of their names. Links are left out: they lead to
/// what lies somewhere else.
fn spreadsheets(folder: &Path) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(here) else { return Vec::new() };
    let is_one = |file: &PathBuf| {
        let is_text = file.extension().is_some_and(|extension| {
            ["csv", "txt", "tsv"].iter().any(|known| extension.eq_ignore_ascii_case(known))
        });
        // What Excel keeps beside a file that is open.
        let is_lock = name_of(file).starts_with(['~', '.']);
        (is_text || is_named_so(file))
            && !is_lock
            && fs::symlink_metadata(file).is_ok_and(|about| about.is_file())
    };
    let entries =
        entries.take(NAMES).filter_map(|entry| entry.ok().map(|entry| folder.join(entry.file_name())));
    let mut files: Vec<PathBuf> = entries.filter(is_one).collect();
    files.sort_unstable();
    files
}

/// What the campaign reads, and the names under which its results are looked for anyhow.
fn known_names(campaign: &Campaign, witnesses: &Witnesses) -> Vec<PathBuf> {
    let results = &campaign.results;
    let by_receipt = witnesses.entry().and_then(|entry| entry.results_file(&witnesses.file));
    let own = std::iter::once(&results.path).chain(&results.usual).chain(&results.named).chain(&by_receipt);
    let own = own.flat_map(|file| names(file));
    campaign.reads().into_iter().chain(own).map(|file| followed(&file)).collect()
}

fn name_of(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether its name may be that of results of a destination, also where `(1)` or a word for a copy was put behind.
fn is_of_destination(destination: Destination, file: &Path) -> bool {
    let name = name_of(file).to_lowercase();
    let has = |word: &str| {
        let is_word = |part: &str| {
            part.strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
        };
        name.split('.').skip(1).any(is_word)
    };
    match destination {
        Destination::Real => !has(LOCAL) && !has(REHEARSAL),
        Destination::Local => has(LOCAL) && !has(REHEARSAL),
    }
}

/// Whether it has the name that results have by themselves, and that of another campaign or wave: `ID.wave2.results.csv`.
fn is_named_for_another(campaign: &Campaign, file: &Path) -> bool {
    let stem = |name: &str| {
        let (stem, _) = name.split_once(".results")?;
        let stem = [LOCAL, REHEARSAL].iter().fold(stem, |stem, word| {
            stem.strip_suffix(word).and_then(|stem| stem.strip_suffix('.')).unwrap_or(stem)
        });
        Some(stem.to_owned())
    };
    let Some(of) = stem(&name_of(file)) else { return false };
    let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let results = &campaign.results;
    let mut own =
        std::iter::once(&results.path).chain(&results.usual).filter_map(|file| stem(&name_of(file)));
    of.bytes().all(is_id) && !own.any(|own| own == of)
}

/// Whether it says that it is of another campaign or wave: a receipt does, or its summary.
fn is_of_another(campaign: &Campaign, file: &Path) -> bool {
    let by_receipt = writer(campaign, &followed(file)).is_some_and(|entry| {
        (entry.campaign, entry.wave, entry.appid)
            != (campaign.id.to_string(), campaign.wave, campaign.account.appid.clone())
    });
    by_receipt || Summary::of(file).is_some_and(|summary| !summary.is_of(campaign))
}
