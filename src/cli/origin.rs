//! Where AppID, AppSecret and tokens come from, so that whoever is told of a wrong one knows which file or variable to look into.

use std::path::PathBuf;

use crate::diagnostic::render::display;
use crate::locale::sentence::Sentence;

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
    pub(crate) fn told(&self) -> Option<Sentence> {
        let variable = |name: &str| Sentence::new("origin.variable").with("name", name);
        let secret = match &self.secret {
            SecretOrigin::Variable(name) => variable(name),
            SecretOrigin::File(file) => Sentence::new("origin.file").with("file", display(file)),
            SecretOrigin::Given | SecretOrigin::Command | SecretOrigin::Simulator => return None,
        };
        let appid = if self.appid_from_environment {
            variable("WXCAST_APPID")
        } else {
            Sentence::new("origin.campaign").with("file", display(&self.campaign))
        };
        let used = Sentence::new("origin.used")
            .with("appid", &self.appid)
            .with("appid_from", appid)
            .with("secret_from", secret);
        Some(if self.is_odd { used.then(Sentence::new("origin.odd-secret")) } else { used })
    }

    /// The address that WXCAST_API_BASE names, where it does.
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}
