//! Where AppID, AppSecret and tokens come from, so that whoever is told of a wrong one knows which file or variable to look into.

use std::path::PathBuf;

use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::locale::sentence::Sentence;

/// Where AppID and AppSecret come from, for people whose platform knows one of them not.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) appid: String,
    pub(crate) appid_from_environment: bool,
    /// The campaign file that names the AppID; nothing where the command line does.
    pub(crate) campaign: Option<PathBuf>,
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

    /// Where the AppSecret stands, where one is used.
    fn place(&self) -> Option<Sentence> {
        match &self.secret {
            SecretOrigin::Variable(name) => Some(Sentence::new("origin.variable").with("name", name)),
            SecretOrigin::File(file) => Some(Sentence::new("origin.file").with("file", display(file))),
            SecretOrigin::Given | SecretOrigin::Command | SecretOrigin::Simulator => None,
        }
    }

    /// Says before anything is asked that the AppSecret is of another shape than all that are known. No rule of the
    /// platform says that it must be, so nothing is kept from being sent.
    pub(crate) fn warn(&self, terminal: &Terminal) {
        if let Some(place) = self.place().filter(|_| self.is_odd) {
            terminal.warn("origin.odd-before", &[("secret_from", &place.say(&terminal.words))]);
        }
    }

    /// Which AppID and AppSecret were used and where they stand, as a sentence; nothing where no AppSecret was used.
    pub(crate) fn told(&self) -> Option<Sentence> {
        let secret = self.place()?;
        let appid = if self.appid_from_environment {
            Sentence::new("origin.variable").with("name", "WXCAST_APPID")
        } else {
            match &self.campaign {
                Some(file) => Sentence::new("origin.campaign").with("file", display(file)),
                None => Sentence::new("origin.flag"),
            }
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
