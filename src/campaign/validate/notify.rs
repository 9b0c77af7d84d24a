//! `[notify]`: who is told when a run ends or pauses.

use crate::campaign::Notify;
use crate::campaign::file::{NotifyOn, NotifyStyle, NotifyTable};
use crate::campaign::validate::check::Check;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

impl Check<'_> {
    pub(super) fn notify(&mut self, table: &NotifyTable) -> Option<Notify> {
        let at = FieldPath::of("notify");
        if table.on.as_ref().is_some_and(Vec::is_empty) {
            let at = at.key("on");
            self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
        }
        let url_env = table.url_env.clone().unwrap_or_else(|| "WXCAST_NOTIFY_URL".to_owned());
        if !is_variable(&url_env) {
            // Whatever it is, it may be the address itself: its text is not repeated.
            let at = at.key("url_env");
            self.secrets.push(at.clone());
            let fault = Diagnostic::new(Code::BadValue, Place::Key(at.clone()));
            self.push(fault.with("field", at).with("value", "…").with("expected", "A-Z 0-9 _"));
            return None;
        }
        let on = table.on.clone().unwrap_or_else(|| NotifyOn::ALL.to_vec());
        Some(Notify { on, style: table.style.unwrap_or(NotifyStyle::Json), url_env })
    }
}

/// Whether a text is the name of an environment variable, as all systems have them.
fn is_variable(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(allowed) && !name.starts_with(|c: char| c.is_ascii_digit())
}
