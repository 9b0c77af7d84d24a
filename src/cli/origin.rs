//! Where AppID, AppSecret and tokens come from, so that whoever is told of a wrong one knows which file or variable to look into.

use std::path::PathBuf;

use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;

/// Where AppID and AppSecret come from, for people whose platform knows one of them not.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) appid: String,
    pub(crate) appid_from_environment: bool,
    pub(crate) campaign: PathBuf,
    pub(crate) secret: SecretOrigin,
    /// Whether an AppSecret has the shape that every AppSecret has.
    pub(crate) is_odd: bool,
    /// The host that WXCAST_API_BASE names.
    pub(crate) host: Option<String>,
}

/// Where tokens or the AppSecret come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretOrigin {
    /// A token was given in WXCAST_ACCESS_TOKEN.
    Given,
    /// A program prints tokens.
    Command,
    /// The AppSecret is in an environment variable.
    Variable(String),
    /// The AppSecret is in a file.
    File(PathBuf),
    /// The simulator's.
    Simulator,
}

impl Origin {
    /// Where the AppSecret or the tokens come from.
    pub(crate) fn secret(&self) -> &SecretOrigin {
        &self.secret
    }

    /// Which AppID and AppSecret were used and where they stand, as a sentence; nothing where no AppSecret was used.
    pub(crate) fn told(&self, terminal: &Terminal) -> Option<String> {
        let words = &terminal.words;
        let secret = match &self.secret {
            SecretOrigin::Variable(name) => words.say("origin.variable", &[("name", name)]),
            SecretOrigin::File(file) => words.say("origin.file", &[("file", &display(file))]),
            SecretOrigin::Given | SecretOrigin::Command | SecretOrigin::Simulator => return None,
        };
        let appid = if self.appid_from_environment {
            words.say("origin.variable", &[("name", &"WXCAST_APPID")])
        } else {
            words.say("origin.campaign", &[("file", &display(&self.campaign))])
        };
        let places: [(&str, &dyn std::fmt::Display); 3] =
            [("appid", &self.appid), ("appid_from", &appid), ("secret_from", &secret)];
        let used = words.say("origin.used", &places);
        Some(if self.is_odd { format!("{used} {}", words.say("origin.odd-secret", &[])) } else { used })
    }

    /// The address that WXCAST_API_BASE names, where it does.
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}
