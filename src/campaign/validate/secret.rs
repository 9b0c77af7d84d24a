//! Where the AppSecret or the tokens come from.

use crate::campaign::SecretPlace;
use crate::campaign::file::AccountTable;
use crate::campaign::validate::check::Check;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

impl Check<'_> {
    pub(super) fn secret(&mut self, account: &AccountTable) -> Option<SecretPlace> {
        if let Some(command) = &account.token_command {
            if command.first().is_none_or(|program| program.trim().is_empty()) {
                let at = FieldPath::of("account.token_command");
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                return None;
            }
            return Some(SecretPlace::TokenCommand(command.clone()));
        }
        if let Some(file) = &account.secret_file {
            if account.secret_env.is_some() {
                self.bad(&FieldPath::of("account.secret_file"), "secret_file", "secret_env | secret_file");
            }
            return Some(SecretPlace::File(self.dir.join(file)));
        }
        let Some(name) = &account.secret_env else {
            return Some(SecretPlace::Environment("WXCAST_APPSECRET".to_owned()));
        };
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !name.is_empty() && name.chars().all(allowed) && !name.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(SecretPlace::Environment(name.clone()));
        }
        // Whatever it is, it may be the secret itself: its text is not repeated.
        let at = FieldPath::of("account.secret_env");
        self.secrets.push(at.clone());
        self.push(
            Diagnostic::new(Code::BadValue, Place::Key(at.clone()))
                .with("field", at)
                .with("value", "…")
                .with("expected", "A-Z 0-9 _"),
        );
        None
    }
}
