//! What the console asks the program. It has no judgement of its own: who implements this runs the commands that only
//! tell, in this process and with nobody at a terminal, and hands on what they say.

use std::path::{Path, PathBuf};

use crate::campaign::Campaign;
use crate::console::draft::{Draft, Drafted};
use crate::diagnostic::code::Code;
use crate::diagnostic::render::Sources;
use crate::journal::store::Store;
use crate::locale::Language;
use crate::plan::Plan;
use crate::report::plan::json::Facts;

/// The program, as far as it only tells.
pub(crate) trait Program: Send + Sync {
    /// Reads and plans a campaign.
    fn plan(&self, campaign: &Path) -> Planned;

    /// The same, as if its file had this text.
    fn judge(&self, campaign: &Path, text: &str) -> Judged;

    /// Asks a command.
    fn ask(&self, question: &Question, campaign: &Path, language: Language) -> Answer;

    /// The journal that tells of a campaign; nothing where none knows of anything.
    ///
    /// # Errors
    ///
    /// What keeps it from being read, in this language.
    fn journal(&self, campaign: &Path, language: Language) -> Result<Option<Store>, Answer>;

    /// What becomes of a campaign in the making.
    fn draft(&self, draft: &Draft, language: Language) -> Drafted;

    /// Writes it into the folder, its list beside it, and gives its file.
    ///
    /// # Errors
    ///
    /// What keeps it from being written, in this language.
    fn make(&self, draft: &Draft, folder: &Path, language: Language) -> Result<PathBuf, Answer>;

    /// A command on a campaign as it can be pasted onto a command line: its words before the campaign, and those behind.
    fn command_line(&self, before: &[&str], campaign: &Path, behind: &[&str]) -> String;

    /// Whether an environment variable is set to something.
    fn has_variable(&self, name: &str) -> bool;

    /// The flag that names the folder of journals, for processes that are started; nothing where it is the user's.
    fn state_dir(&self) -> Option<&Path>;
}

/// A command that changes nothing of what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// `wxcast status --format json`.
    Status,
    /// `wxcast runs --format json`.
    Runs,
    /// `wxcast report --format json`.
    Report,
    /// `wxcast send` up to its question, to which nobody is there to say yes.
    Send,
    /// The same with `--continue-ramp`, for a ramp that has halted.
    SendOn,
    /// `wxcast results -o FILE`.
    Results(PathBuf),
}

/// A campaign and its plan, sound or not.
#[derive(Debug)]
pub(crate) struct Planned {
    /// The campaign, where neither it nor its audience has a fault.
    pub(crate) campaign: Option<Campaign>,
    /// The plan.
    pub(crate) plan: Plan,
    /// The files.
    pub(crate) sources: Sources,
    /// What is known of the campaign.
    pub(crate) facts: Facts,
}

/// A campaign as it would be.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The campaign and its plan.
    pub(crate) planned: Planned,
    /// The campaign, where its file has no fault, whatever its list has.
    pub(crate) campaign: Option<Campaign>,
    /// The names of the columns that its message can use; none where the list cannot be read.
    pub(crate) columns: Vec<String>,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What machines read.
    pub(crate) data: Vec<u8>,
    /// What people read on the way.
    pub(crate) said: Vec<Line>,
    /// Why it ended so, where something is wrong.
    pub(crate) wrong: Vec<Line>,
}

/// A sentence.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Its key, where it has one.
    pub(crate) key: Option<String>,
    /// What fills its places.
    pub(crate) places: Vec<(String, String)>,
    /// The sentence.
    pub(crate) text: String,
}

impl Planned {
    /// Whether the campaign names files outside of the folder: then nothing is done that would read them.
    pub(crate) fn leads_outside(&self) -> bool {
        self.plan.diagnostics.kept().iter().any(|fault| fault.code == Code::OutsideSandbox)
    }
}

impl Answer {
    /// What machines read, where the command came so far as to say it.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.data).ok()
    }

    /// The sentence of a key.
    pub(crate) fn line(&self, key: &str) -> Option<&Line> {
        self.said.iter().chain(&self.wrong).find(|line| line.key.as_deref() == Some(key))
    }
}

impl Line {
    /// What fills a place.
    pub(crate) fn place(&self, name: &str) -> Option<&str> {
        self.places.iter().find(|(place, _)| place == name).map(|(_, value)| value.as_str())
    }
}
