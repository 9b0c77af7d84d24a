//! Where the policies of a campaign are: the one that it names, those called `policy.toml` beside it and above it in its
//! repository, and the user's own for the account. All that are there hold, so that no folder, no campaign and no link to
//! one can leave one out.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::audience::fence::{Fence, open_within, repository};
use crate::campaign::validate::Validated;
use crate::campaign::validate::policy::FoundPolicy;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place, PolicyPlace};
use crate::diagnostic::{Diagnostic, unread};
use crate::own_reason::OwnReason;

/// What a policy is called.
const NAME: &str = "policy.toml";
/// A policy has some hundred bytes.
const MOST_BYTES: u64 = 256 << 10;

/// Finds and reads the policies of a campaign. Where the campaign is not trusted, nothing outside of its fence is.
pub(crate) fn find(validated: &Validated, campaign: &Path, fence: Option<&Fence>) -> Vec<FoundPolicy> {
    let mut found: Vec<FoundPolicy> = Vec::new();
    let mut known: Vec<PathBuf> = Vec::new();
    let folder = campaign.parent().unwrap_or(Path::new(""));
    let mut add = |name: String, path: PathBuf, at: Option<FieldPath>| {
        let place = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !known.contains(&place) {
            known.push(place);
            found.push(read(fence, name, path, at));
        }
    };
    if let Some(name) = &validated.known.policy {
        add(name.clone(), folder.join(name), Some(FieldPath::of("account.policy")));
    }
    // A link to a campaign, or to its folder, leads past what holds where the campaign really is.
    for place in [Some(campaign.to_owned()), campaign.canonicalize().ok()].into_iter().flatten() {
        for (name, path) in around(&place) {
            add(name, path, None);
        }
    }
    // What is part of a file's name leads nowhere else.
    let plain =
        |appid: &&str| appid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let appid = validated.known.appid.as_deref().filter(plain);
    if let (None, Some(path)) = (fence, appid.and_then(of_user)) {
        add(
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            path,
            None,
        );
    }
    found
}

/// The files called so beside the campaign and above it, up to the root of its repository; those beside it alone where it is
/// in none.
fn around(campaign: &Path) -> Vec<(String, PathBuf)> {
    let full = std::path::absolute(campaign).unwrap_or_else(|_| campaign.to_owned());
    let beside = full.parent().unwrap_or(Path::new("")).to_owned();
    let root = repository(&full);
    let here = std::env::current_dir().ok();
    let mut all = Vec::new();
    for (above, folder) in beside.ancestors().enumerate() {
        let path = folder.join(NAME);
        // Something of this name that is no file is no policy that is not there.
        if path.symlink_metadata().is_ok() {
            // As people see it, where they are.
            let near = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
            let shown = near.filter(|_| campaign.is_relative()).map_or_else(|| path.clone(), Path::to_owned);
            all.push(("../".repeat(above) + NAME, shown));
        }
        if root.as_deref().is_none_or(|root| root == folder) {
            break;
        }
    }
    all
}

/// The user's own policy for an account, where there is one.
fn of_user(appid: &str) -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let path = base.config_dir().join("wxcast").join(format!("policy-{appid}.toml"));
    path.symlink_metadata().is_ok().then_some(path)
}

fn read(fence: Option<&Fence>, name: String, path: PathBuf, at: Option<FieldPath>) -> FoundPolicy {
    let place = || at.clone().map_or_else(|| within(&path), Place::Field);
    let text = if fence.is_none_or(|fence| fence.holds(&path)) {
        let unreadable = |reason| Diagnostic::new(Code::PolicyUnreadable, place()).with("reason", reason);
        text(fence, &path).map_err(|reason| unreadable(reason).with("file", path.as_path()))
    } else {
        Err(Diagnostic::new(Code::OutsideSandbox, place()).with("file", path.as_path()))
    };
    FoundPolicy { name, path, text }
}

fn text(fence: Option<&Fence>, path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let file = open_within(fence, path)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unread::reason(path, error))?;
    let no_text = || std::io::Error::from(OwnReason::NoText);
    if bytes.len() as u64 > MOST_BYTES {
        return Err(no_text());
    }
    let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(no_text)?;
    // Windows editors put a byte order mark before the text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The file as a whole.
fn within(path: &Path) -> Place {
    let (text, secrets) = ("".into(), [].into());
    Place::Policy(Box::new(PolicyPlace { file: path.to_owned(), text, secrets, at: Place::Campaign }))
}
