//! `[account]`: who sends.

use crate::campaign::Account;
use crate::campaign::file::AccountTable;
use crate::campaign::validate::check::Check;
use crate::campaign::validate::overrides::Overrides;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::locale::visible::steers;
use crate::message::AccountKind;
use crate::message::appid::is_appid;

impl Check<'_> {
    pub(super) fn account(&mut self, account: &AccountTable, overrides: &Overrides) -> Option<Account> {
        let at = FieldPath::of("account.appid");
        let given = appid_of(overrides, account);
        let appid = self.required(given.as_ref(), &at);
        // What the environment says is no fault of a line of the file.
        let place = if overrides.appid.is_some() { Place::Campaign } else { Place::Field(at) };
        if let Some(appid) = appid.filter(|appid| !is_appid(appid)) {
            let is_sound = appid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            // It decides who was sent what: in quotation marks it would be another account.
            let field = if overrides.appid.is_some() { "WXCAST_APPID" } else { "account.appid" };
            // WeChat's have small letters alone, and one in other letters would be another account's history.
            let is_sound = is_sound && !is_appid(&appid.to_lowercase());
            self.push(if is_sound {
                Diagnostic::new(Code::OddAppid, place).with("appid", appid)
            } else {
                let fault = Diagnostic::new(Code::BadValue, place).with("field", field);
                let expected = Some(appid.to_lowercase()).filter(|small| is_appid(small));
                let expected = expected.unwrap_or_else(|| "wx0123456789abcdef".to_owned());
                fault.with("value", appid).with("expected", expected)
            });
        }
        if let Some(kf) = account.kf_account.as_ref().filter(|kf| !is_kf_account(kf)) {
            let at = FieldPath::of("account.kf_account");
            self.push(Diagnostic::new(Code::OddKfAccount, Place::Field(at)).with("kf_account", kf));
        }
        if let Some(text) = account.kf_account.as_ref().filter(|text| text.contains(steers)) {
            self.bad(&FieldPath::of("account.kf_account"), text, "a-z A-Z 0-9 _ @");
        }
        if let Some(text) = account.policy.as_ref().filter(|text| text.trim().is_empty()) {
            self.bad(&FieldPath::of("account.policy"), text, "policy.toml, ../policy.toml");
        }
        for (field, text) in [("account.name", &account.name), ("account.avatar", &account.avatar)] {
            if let Some(text) = text.as_ref().filter(|text| text.trim().is_empty() || text.contains(steers)) {
                self.bad(&FieldPath::of(field), text, "\"…\"");
            }
        }
        let secret = self.secret(account);
        let hosts = self.hosts(account);
        Some(Account {
            appid: appid?.clone(),
            name: account.name.clone(),
            avatar: account.avatar.clone(),
            kind: account.kind.unwrap_or(AccountKind::Official),
            kf_account: account.kf_account.clone(),
            secret: secret?,
            hosts: hosts?,
        })
    }
}

/// The shape of a kf account (docs/platform.md#speaking-as-a-service-account): at most 10 letters, digits and
/// underscores, `@`, at most 30.
fn is_kf_account(text: &str) -> bool {
    text.split_once('@').is_some_and(|(prefix, suffix)| {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (1..=10).contains(&prefix.len())
            && prefix.bytes().all(word)
            && (1..=30).contains(&suffix.chars().count())
    })
}

/// The AppID of the environment, else of the file, without blanks and marks around it: they come with pasting, and with
/// them it would be another account.
pub(super) fn appid_of(overrides: &Overrides, account: &AccountTable) -> Option<String> {
    let given = overrides.appid.as_ref().or(account.appid.as_ref())?;
    let appid = given.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    Some(appid.to_owned()).filter(|appid| !appid.is_empty())
}
