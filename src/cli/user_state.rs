//! The user's own state folder: what belongs to an account and not to a campaign.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use crate::plan::digest::Digest;

/// The folder, `~/.local/state/wxcast` on Linux and macOS; nothing where the system has none for this user. On
/// Windows, which knows no state, it is where a profile keeps what stays on this computer.
pub(crate) fn folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.state_dir().unwrap_or_else(|| base.cache_dir()).join("wxcast"))
}

/// The lock of an account.
pub(crate) fn account_lock(appid: &str) -> PathBuf {
    let folder = folder().unwrap_or_else(|| std::env::temp_dir().join("wxcast"));
    folder.join(format!("account-{}.lock", word(appid)))
}

/// The file that keeps an account's token. There is none in a folder that others share.
pub(crate) fn token_file(appid: &str) -> Option<PathBuf> {
    Some(folder()?.join(format!("token-{}.json", word(appid))))
}

/// An appid is a word; should it not be, its digest is.
fn word(appid: &str) -> String {
    let word = !appid.is_empty() && appid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if word { appid.to_owned() } else { Digest::of(appid.as_bytes()).to_string().replace(':', "-") }
}
