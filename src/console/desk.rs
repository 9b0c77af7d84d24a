//! What all screens share: the folder, the program that is asked, and what was started.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::campaign::SecretPlace;
use crate::console::child::{Ended, Started};
use crate::console::draft::Draft;
use crate::console::folder::{Found, campaigns};
use crate::console::place::{DRAFT, Place, hex};
use crate::console::program::{Answer, Planned, Program, Question};
use crate::console::seal::Seal;
use crate::console::standing::{Known, Run};
use crate::diagnostic::render::display;
use crate::locale::{Catalog, Language};
use crate::message::Kind;
use crate::own_file;

/// So many styles with pictures are kept for browsers that are about to ask for them.
const PICTURES: usize = 8;

/// So many campaign files are remembered as forms were made of them.
const TEXTS: usize = 32;

/// So many campaigns can be in the making at a time.
const DRAFTS: usize = 8;

/// How long a page waits for a command that changes little, and how often it looks.
const MOMENT: Duration = Duration::from_secs(5);
const BETWEEN: Duration = Duration::from_millis(20);

/// What is asked of the files that a plan was made of, to see whether it still holds.
type Marks = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// What all screens share.
pub(crate) struct Desk {
    folder: PathBuf,
    place: Place,
    pub(crate) program: Arc<dyn Program>,
    pub(crate) seal: Seal,
    pub(crate) read_only: bool,
    language: Mutex<Language>,
    asked: Mutex<Instant>,
    sending: Mutex<()>,
    plans: Mutex<BTreeMap<PathBuf, (Marks, Arc<Planned>)>>,
    started: Mutex<BTreeMap<(String, What), Started>>,
    /// What the campaigns are called for which something was started.
    names: Mutex<BTreeMap<String, String>>,
    /// The variable of the secret that each of them was given, until it is known how it fared.
    given: Mutex<BTreeMap<(String, What), String>>,
    looked_at: Mutex<BTreeSet<String>>,
    pictures: Mutex<VecDeque<(String, String)>>,
    /// The texts of campaign files that forms were made of, by what names them.
    texts: Mutex<VecDeque<(String, String)>>,
    secrets: Mutex<BTreeMap<String, SecretString>>,
    /// The variables of secrets that were told here and did not open the account.
    refused: Mutex<BTreeSet<String>>,
    drafts: Mutex<VecDeque<(String, TempDir, Draft)>>,
}

/// A sending that goes on, and whose campaign is not found any more.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Lost {
    /// What the campaign was called.
    title: String,
    /// What stops it, and the seal of that.
    path: String,
    seal: String,
    /// Whether it can be stopped from here: `wxcast stop` wants the campaign's file.
    stops: bool,
}

/// What was started for a campaign; of each there is at most one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// `wxcast send`.
    Send,
    /// `wxcast stop`.
    Stop,
    /// `wxcast resolve`.
    Resolve,
    /// `wxcast try`.
    Try,
    /// `wxcast rehearse`.
    Rehearse,
}

impl Desk {
    pub(crate) fn new(
        folder: PathBuf,
        place: Place,
        program: Arc<dyn Program>,
        language: Language,
        seal: String,
        read_only: bool,
    ) -> Self {
        Self {
            folder,
            place,
            program,
            seal: Seal::new(seal),
            read_only,
            language: Mutex::new(language),
            asked: Mutex::new(Instant::now()),
            sending: Mutex::default(),
            plans: Mutex::default(),
            started: Mutex::default(),
            names: Mutex::default(),
            given: Mutex::default(),
            looked_at: Mutex::default(),
            pictures: Mutex::default(),
            texts: Mutex::default(),
            secrets: Mutex::default(),
            refused: Mutex::default(),
            drafts: Mutex::default(),
        }
    }

    /// Notes that somebody asked for something.
    pub(crate) fn touch(&self) {
        *held(&self.asked) = Instant::now();
    }

    /// How long nobody has.
    pub(crate) fn quiet(&self) -> Duration {
        held(&self.asked).elapsed()
    }

    /// The sentences of the language that was chosen last.
    pub(crate) fn words(&self) -> Catalog {
        Catalog::new(self.language())
    }

    pub(crate) fn language(&self) -> Language {
        *held(&self.language)
    }

    pub(crate) fn speak(&self, language: Language) {
        *held(&self.language) = language;
    }

    /// The folder as it was named.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The campaigns of the folder as it is now.
    pub(crate) fn campaigns(&self) -> Vec<Found> {
        campaigns(&self.folder)
    }

    /// The campaign that a key stands for.
    pub(crate) fn find(&self, key: &str) -> Option<Found> {
        self.campaigns().into_iter().find(|found| found.key == key)
    }

    /// The plan of a campaign; the one that was made before where none of its files has changed since. What is sent is
    /// planned anew by the process that sends it.
    pub(crate) fn plan(&self, path: &Path) -> Arc<Planned> {
        if let Some((marks, planned)) = held(&self.plans).get(path)
            && *marks == marks_of(marks.iter().map(|(file, _)| file.clone()))
        {
            return Arc::clone(planned);
        }
        // What changes while it is read has other marks afterwards, and is planned again.
        let before = SystemTime::now();
        let planned = Arc::new(self.program.plan(path));
        let marks = marks_of(files(path, &planned));
        let is_settled = marks.iter().all(|(_, mark)| mark.is_some_and(|(changed, _)| changed < before));
        if is_settled {
            held(&self.plans).insert(path.to_owned(), (marks, Arc::clone(&planned)));
        }
        planned
    }

    /// Asks a command in the language of the page.
    pub(crate) fn ask(&self, question: &Question, path: &Path) -> Answer {
        self.program.ask(question, path, self.language())
    }

    /// Lets one request at a time ask what `send` asks. The question takes the locks of the campaign and of the account, as a
    /// sending does: a second click would find them taken by the first, and be told that somebody else sends.
    pub(crate) fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        held(&self.sending)
    }

    /// How a campaign stands.
    pub(crate) fn known(&self, found: &Found) -> (Arc<Planned>, Known) {
        let planned = self.plan(&found.path);
        let known = self.standing(found, &planned);
        (planned, known)
    }

    /// How a campaign of this plan stands.
    pub(crate) fn standing(&self, found: &Found, planned: &Planned) -> Known {
        let [status, runs] =
            [Question::Status, Question::Runs].map(|question| self.ask(&question, &found.path));
        Known::of(planned, &status, &runs, &self.words())
    }

    /// Starts a command for a campaign, unless the same is going on.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn start(&self, what: What, found: &Found, arguments: &[&str]) -> io::Result<()> {
        if self.is_going_on(what, found) {
            return Ok(());
        }
        let mut line: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        line.extend(["--lang", self.language().tag()].map(OsString::from));
        if let Some(folder) = self.program.state_dir() {
            line.extend(["--state-dir".into(), folder.as_os_str().to_owned()]);
        }
        line.extend(["--".into(), found.path.as_os_str().to_owned()]);
        let variables = self.variables(found);
        let started = Started::start(&line, &variables, self.place.base())?;
        let key = (found.key.clone(), what);
        match variables.into_iter().next() {
            Some((name, _)) => held(&self.given).insert(key.clone(), name),
            None => held(&self.given).remove(&key),
        };
        let facts = &self.plan(&found.path).facts;
        let name = facts.title.clone().or_else(|| facts.campaign.clone());
        held(&self.names).insert(found.key.clone(), name.unwrap_or_else(|| found.name.clone()));
        held(&self.started).insert(key, started);
        Ok(())
    }

    /// Whether what was started for a campaign goes on.
    pub(crate) fn is_going_on(&self, what: What, found: &Found) -> bool {
        let mut started = held(&self.started);
        started.get_mut(&(found.key.clone(), what)).is_some_and(|process| process.ended().is_none())
    }

    /// How what was started for a campaign last has ended.
    pub(crate) fn ended(&self, what: What, found: &Found) -> Option<Ended> {
        held(&self.started).get_mut(&(found.key.clone(), what))?.ended().cloned()
    }

    /// How the last sending that was started here has ended, where nothing that the journal tells has come after it: a second
    /// one that was refused says nothing any more once the first one has ended.
    pub(crate) fn failure(&self, found: &Found, last: Option<&Run>) -> Option<Ended> {
        let ended = self.ended(What::Send, found)?;
        // A run of its own has begun and ended before its process has.
        let since = |at: Timestamp| at > ended.seen;
        let is_over = last.is_some_and(|last| since(last.started) || last.ended.is_some_and(since));
        (!is_over).then_some(ended)
    }

    /// The sendings that go on of campaigns whose files are not where they were: their names.
    pub(crate) fn lost(&self, there: &[Found]) -> Vec<Lost> {
        let mut started = held(&self.started);
        let names = held(&self.names);
        let lost = started.iter_mut().filter_map(|((key, what), process)| {
            let is_gone = !there.iter().any(|found| found.key == *key);
            let goes_on = *what == What::Send && is_gone && process.ended().is_none();
            goes_on.then(|| Lost {
                title: names.get(key).cloned().unwrap_or_else(|| key.clone()),
                path: format!("/lost/{key}"),
                seal: self.seal.of(&["lost", key]),
                stops: cfg!(unix),
            })
        });
        lost.collect()
    }

    /// Asks a sending that was started for this key to end as soon as what is on its way is answered.
    pub(crate) fn interrupt(&self, key: &str) {
        if let Some(process) = held(&self.started).get(&(key.to_owned(), What::Send)) {
            process.interrupt();
        }
    }

    /// Looks after what was started, so that nothing which has ended stays in the system's table of processes.
    pub(crate) fn reap(&self) {
        for process in held(&self.started).values_mut() {
            let _ = process.ended();
        }
    }

    /// Waits for what was started for a campaign, where it takes no longer than a moment.
    pub(crate) fn wait(&self, what: What, found: &Found) {
        let until = Instant::now() + MOMENT;
        while self.is_going_on(what, found) && Instant::now() < until {
            std::thread::sleep(BETWEEN);
        }
    }

    /// Forgets it, once it has been told.
    pub(crate) fn forget(&self, what: What, found: &Found) {
        held(&self.started).remove(&(found.key.clone(), what));
    }

    /// Whether anything runs, started here or not.
    pub(crate) fn is_something_running(&self) -> bool {
        let going = held(&self.started).values_mut().any(|process| process.ended().is_none());
        let sends = |found: &Found| {
            let told = self.ask(&Question::Status, &found.path).json();
            told.is_some_and(|told| told["running"] == true)
        };
        going || self.campaigns().iter().any(sends)
    }

    /// The variable that is to hold a campaign's AppSecret, where it holds none and nobody has told it here.
    pub(crate) fn missing_secret(&self, planned: &Planned) -> Option<String> {
        self.forget_refused();
        let name = secret_variable(planned)?;
        let is_there = self.program.has_variable(&name)
            || self.program.has_variable("WXCAST_ACCESS_TOKEN")
            || held(&self.secrets).contains_key(&name);
        (!is_there).then_some(name)
    }

    /// Forgets each AppSecret that did not open its account, once: what is typed after that is another one.
    fn forget_refused(&self) {
        let mut started = held(&self.started);
        held(&self.given).retain(|key, name| {
            let Some(ended) = started.get_mut(key).and_then(Started::ended) else { return true };
            if ended.was_kept_out() && held(&self.secrets).remove(name).is_some() {
                held(&self.refused).insert(name.clone());
            }
            false
        });
    }

    /// Whether the AppSecret that was told last for this variable did not open the account.
    pub(crate) fn was_refused(&self, variable: &str) -> bool {
        held(&self.refused).contains(variable)
    }

    /// Keeps an AppSecret in memory, for processes that are started.
    pub(crate) fn keep_secret(&self, variable: String, secret: String) {
        held(&self.refused).remove(&variable);
        held(&self.secrets).insert(variable, secret.into());
    }

    fn variables(&self, found: &Found) -> Vec<(String, String)> {
        let Some(name) = secret_variable(&self.plan(&found.path)) else { return Vec::new() };
        let secrets = held(&self.secrets);
        secrets.get(&name).map(|secret| (name, secret.expose_secret().to_owned())).into_iter().collect()
    }

    /// Notes that somebody looked at the messages of a plan.
    pub(crate) fn look_at(&self, plan: String) {
        held(&self.looked_at).insert(plan);
    }

    /// Whether somebody has.
    pub(crate) fn has_looked_at(&self, plan: &str) -> bool {
        held(&self.looked_at).contains(plan)
    }

    /// Keeps a list that was brought, and begins a campaign for it. Gives what stands for it in addresses.
    ///
    /// # Errors
    ///
    /// When it cannot be kept.
    pub(crate) fn begin_draft(&self, name: &str, list: &[u8], appid: String) -> io::Result<String> {
        let folder = tempfile::Builder::new().prefix(DRAFT).tempdir_in(self.place.base())?;
        let file = folder.path().join(name);
        own_file::replace(&file, list)?;
        let key = hex(&Sha256::digest(folder.path().as_os_str().as_encoded_bytes())[..8]);
        let draft = Draft {
            list: file,
            title: String::new(),
            appid,
            kind: Kind::Text,
            sheet: None,
            header_row: None,
            openid: None,
            texts: BTreeMap::new(),
        };
        let mut drafts = held(&self.drafts);
        drafts.push_back((key.clone(), folder, draft));
        let old = drafts.len().saturating_sub(DRAFTS);
        drafts.drain(..old);
        Ok(key)
    }

    /// A campaign in the making.
    pub(crate) fn draft(&self, key: &str) -> Option<Draft> {
        held(&self.drafts).iter().find(|(kept, ..)| kept == key).map(|(_, _, draft)| draft.clone())
    }

    /// Keeps what was chosen and written.
    pub(crate) fn keep_draft(&self, key: &str, draft: Draft) {
        if let Some((_, _, kept)) = held(&self.drafts).iter_mut().find(|(kept, ..)| kept == key) {
            *kept = draft;
        }
    }

    /// Forgets a campaign that was made.
    pub(crate) fn drop_draft(&self, key: &str) {
        held(&self.drafts).retain(|(kept, ..)| kept != key);
    }

    /// The files of a plan that were written after a moment, which a form gives in milliseconds.
    pub(crate) fn changed_since(&self, planned: &Planned, path: &Path, at: &str) -> Vec<String> {
        let Some(at) =
            at.parse().ok().and_then(|at| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(at)))
        else {
            return Vec::new();
        };
        let is_new = |mark: &Option<(SystemTime, u64)>| mark.is_some_and(|(changed, _)| changed >= at);
        let marks = marks_of(files(path, planned));
        let new = marks.into_iter().filter(|(_, mark)| is_new(mark));
        new.map(|(file, _)| display(file.strip_prefix(&self.folder).unwrap_or(&file))).collect()
    }

    /// Writes a scenario where a process that is started can read it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn keep_scenario(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let file = self.place.base().join(format!("{name}.toml"));
        own_file::replace(&file, text.as_bytes())?;
        Ok(file)
    }

    /// Keeps the text of a campaign file that a form is made of.
    pub(crate) fn keep_text(&self, mark: &str, text: &str) {
        let mut texts = held(&self.texts);
        if !texts.iter().any(|(kept, _)| kept == mark) {
            texts.push_back((mark.to_owned(), text.to_owned()));
            let old = texts.len().saturating_sub(TEXTS);
            texts.drain(..old);
        }
    }

    /// The text that a form was made of.
    pub(crate) fn text(&self, mark: &str) -> Option<String> {
        held(&self.texts).iter().find(|(kept, _)| kept == mark).map(|(_, text)| text.clone())
    }

    /// Keeps a style with pictures until the browser asks for it, and gives its name.
    pub(crate) fn keep_pictures(&self, style: String) -> Option<String> {
        if style.is_empty() {
            return None;
        }
        let name = hex(&Sha256::digest(style.as_bytes())[..16]);
        let mut pictures = held(&self.pictures);
        if !pictures.iter().any(|(kept, _)| *kept == name) {
            pictures.push_back((name.clone(), style));
            let old = pictures.len().saturating_sub(PICTURES);
            pictures.drain(..old);
        }
        Some(name)
    }

    /// The style of a name.
    pub(crate) fn pictures(&self, name: &str) -> Option<String> {
        held(&self.pictures).iter().find(|(kept, _)| kept == name).map(|(_, style)| style.clone())
    }
}

/// What a panic in one request leaves half done is nothing that another one could not read.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The variable that a campaign takes its AppSecret from, where it takes it from one.
fn secret_variable(planned: &Planned) -> Option<String> {
    match &planned.campaign.as_ref()?.account.secret {
        SecretPlace::Environment(name) => Some(name.clone()),
        SecretPlace::TokenCommand(_) | SecretPlace::File(_) => None,
    }
}

/// The files that a plan was made of.
fn files(path: &Path, planned: &Planned) -> Vec<PathBuf> {
    let read = match &planned.campaign {
        Some(campaign) => campaign.reads(),
        None => std::iter::once(path.to_owned()).chain(planned.sources.audience.clone()).collect(),
    };
    let media = planned.plan.media.files().iter().map(|needed| needed.file.path.clone());
    read.into_iter().chain(media).collect()
}

fn marks_of(files: impl IntoIterator<Item = PathBuf>) -> Marks {
    let mark = |file: PathBuf| {
        let about = std::fs::metadata(&file).ok();
        let mark = about.and_then(|about| Some((about.modified().ok()?, about.len())));
        (file, mark)
    };
    files.into_iter().map(mark).collect()
}
