//! The questions that lead to a campaign, each checked as soon as it is answered. Nothing is written before the last.

mod answer;
mod list;
mod message;

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::command::init::columns::{Columns, Titled};
use crate::cli::command::init::interview::answer::path;
use crate::cli::command::init::prompt::{Prompt, Reply};
use crate::cli::command::init::starter::Starter;
use crate::cli::context::variable;
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::FieldPath;
use crate::diagnostic::value::Key;
use crate::locale::Catalog;
use crate::message::{KINDS, Kind};

/// Asks on a terminal.
pub(crate) struct Interview<'t> {
    terminal: &'t Terminal,
    words: &'t Catalog,
    prompt: Prompt<'t>,
}

/// A campaign in the making, and what is asked next.
#[derive(Clone)]
struct Draft {
    starter: Starter,
    step: Step,
    columns: Option<Columns>,
    sheets: Vec<(String, bool)>,
    /// The first rows of a list whose first row seems to be a title.
    titled: Option<Titled>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Name,
    Kind,
    Appid,
    Audience,
    Sheet,
    HeaderRow,
    Hidden,
    Openid,
    Window,
    Message,
    Confirm,
    Done,
}

impl<'t> Interview<'t> {
    /// On this terminal.
    pub(crate) fn new(terminal: &'t Terminal) -> Self {
        Self { terminal, words: &terminal.words, prompt: Prompt::new(&terminal.words) }
    }

    /// The folder of the campaign.
    pub(crate) fn folder(&self, mut refuse: impl FnMut(&Path) -> Option<String>) -> io::Result<PathBuf> {
        let question = self.words.say("init.ask.dir", &[]);
        loop {
            let reply = self.prompt.ask(&question, Some("campaign".to_owned()), |answer| {
                let folder = path(answer);
                refuse(&folder).map_or(Ok(folder), Err)
            })?;
            // There is no question before the first.
            if let Reply::Given(folder) = reply {
                return Ok(folder);
            }
        }
    }

    /// Everything else, question by question; each can be gone back to, and before the first of them.
    pub(crate) fn campaign(
        &self,
        starter: Starter,
        identity: impl Fn(&str, Kind) -> String,
    ) -> io::Result<Reply<Starter>> {
        self.terminal.say("init.back", &[]);
        let mut draft = Draft { starter, step: Step::Name, columns: None, sheets: Vec::new(), titled: None };
        let mut before = Vec::new();
        while draft.step != Step::Done {
            let asked = draft.clone();
            match self.turn(&mut draft)? {
                Reply::Given(()) => before.push(asked),
                Reply::Back => match before.pop() {
                    Some(earlier) => draft = earlier,
                    None => return Ok(Reply::Back),
                },
            }
        }
        let mut starter = draft.starter;
        starter.id = identity(starter.title.as_deref().unwrap_or(""), starter.kind);
        Ok(Reply::Given(starter))
    }

    /// Asks one question.
    fn turn(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        match draft.step {
            Step::Name => self.name(draft),
            Step::Kind => self.kind(draft),
            Step::Appid => self.appid(draft),
            Step::Audience => self.audience(draft),
            Step::Sheet => self.sheet(draft),
            Step::HeaderRow => self.header_row(draft),
            Step::Hidden => self.hidden(draft),
            Step::Openid => self.openid(draft),
            Step::Window => self.window(draft),
            Step::Message => self.message(draft),
            Step::Confirm => self.confirm(draft),
            Step::Done => Ok(Reply::Given(())),
        }
    }

    fn name(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let folder = draft.starter.path.parent().and_then(Path::file_name);
        let usual = folder.map(|name| name.to_string_lossy().into_owned());
        let reply =
            self.prompt.ask(&self.words.say("init.ask.name", &[]), usual, |answer| Ok(answer.to_owned()))?;
        Ok(draft.take(reply, Step::Kind, |draft, name| draft.starter.title = Some(name)))
    }

    fn kind(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let line = |(index, kind): (usize, &Kind)| {
            let about = self.words.say(&format!("init.kind.{kind}"), &[]);
            vec![format!("{}", index + 1), kind.to_string(), about]
        };
        self.terminal.say("init.kinds", &[]);
        self.prompt.table(&KINDS.iter().enumerate().map(line).collect::<Vec<_>>())?;
        let question = self.words.say("init.ask.kind", &[]);
        let reply = self.prompt.ask(&question, Some("1".to_owned()), |answer| {
            let by_number = answer.parse().ok().and_then(|number: usize| KINDS.get(number.checked_sub(1)?));
            let by_word = || KINDS.iter().find(|kind| self.is_called(**kind, answer)).copied();
            by_number.copied().or_else(|| Kind::find(answer)).or_else(by_word).ok_or_else(|| {
                self.words.say("init.no.kind", &[("answer", &answer), ("count", &KINDS.len())])
            })
        })?;
        Ok(draft.take(reply, Step::Appid, |draft, kind| draft.starter.kind = kind))
    }

    /// Whether a kind is called so in the list of kinds: by all of its words, or by those before the first comma.
    fn is_called(&self, kind: Kind, answer: &str) -> bool {
        let about = self.words.say(&format!("init.kind.{kind}"), &[]);
        let short = about.split(['，', ',', '（', '(']).next();
        about == answer || short.is_some_and(|short| short.trim() == answer)
    }

    fn appid(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let question = self.words.say("init.ask.appid", &[]);
        let mut doubted = None;
        let reply = self.prompt.ask(&question, variable("WXCAST_APPID"), |answer| {
            let mut trial = draft.starter.clone();
            trial.appid = Some(answer.to_owned());
            if answer.is_empty() {
                return Err(self.words.say("init.no.text", &[]));
            }
            let faults = trial.faults_at(&FieldPath::of("account.appid"));
            if faults.iter().any(Diagnostic::is_error) {
                return Err(self.words.say("init.no.appid", &[("answer", &answer)]));
            }
            if faults.is_empty() || doubted.as_deref() == Some(answer) {
                return Ok(answer.to_owned());
            }
            // What is only odd may be right; whoever writes it twice means it.
            doubted = Some(answer.to_owned());
            Err(self.and(&self.told(&faults), "init.insist"))
        })?;
        Ok(draft.take(reply, Step::Audience, |draft, appid| draft.starter.appid = Some(appid)))
    }

    /// Faults in words, with what to do. They are about an answer: there is no campaign file yet to be mended.
    fn told(&self, faults: &[Diagnostic]) -> String {
        let told = faults.iter().map(|fault| {
            let mut fault = fault.clone();
            for (_, value) in fault.values.iter_mut().filter(|(name, _)| *name == "field") {
                *value = Key::new("init.answer").into();
            }
            let help = if fault.at.field().is_some() { fault.help(self.words) } else { String::new() };
            self.joined(&fault.message(self.words), &help)
        });
        told.collect::<Vec<_>>().join("\n")
    }

    /// A sentence behind another one, where there is a second.
    fn and(&self, first: &str, key: &str) -> String {
        if key.is_empty() { first.to_owned() } else { self.joined(first, &self.words.say(key, &[])) }
    }

    /// Two sentences as the language puts them beside one another.
    fn joined(&self, first: &str, second: &str) -> String {
        if second.is_empty() {
            return first.to_owned();
        }
        self.words.say("init.sentences", &[("first", &first), ("second", &second)])
    }
}

impl Draft {
    /// What is asked once it is known which sheet it is.
    fn after_sheet(&self) -> Step {
        if self.titled.is_some() { Step::HeaderRow } else { self.after_columns() }
    }

    /// What is asked once the columns are known.
    fn after_columns(&self) -> Step {
        if self.columns().hidden.is_some() { Step::Hidden } else { Step::Openid }
    }

    fn columns(&self) -> &Columns {
        self.columns.as_ref().expect("what the list holds is known before it is asked about")
    }

    /// Takes an answer in and goes on to the next step, unless `change` goes somewhere else.
    fn take<T>(&mut self, reply: Reply<T>, next: Step, change: impl FnOnce(&mut Self, T)) -> Reply<()> {
        match reply {
            Reply::Back => Reply::Back,
            Reply::Given(answer) => {
                self.step = next;
                change(self, answer);
                Reply::Given(())
            }
        }
    }
}
