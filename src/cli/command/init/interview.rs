//! The questions that lead to a campaign, each checked as soon as it is answered. Nothing is written before the last.

use std::env::home_dir;
use std::io;
use std::path::{Path, PathBuf};

use toml::Value;

use crate::audience::workbook::parse::sheets;
use crate::campaign::template::OPENID;
use crate::cli::command::init::columns::{Columns, Titled, columns, columns_below};
use crate::cli::command::init::prompt::{Prompt, Reply};
use crate::cli::command::init::starter::Starter;
use crate::cli::context::variable;
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::FieldPath;
use crate::diagnostic::render::display;
use crate::diagnostic::value::Key;
use crate::locale::Catalog;
use crate::locale::visible::steers;
use crate::message::{KINDS, Kind};
use crate::plan::plan;
use crate::plan::renderer::{Renderer, SlotInput, variable_of};
use crate::report::preview;

/// How much of a cell is shown beside its column's name.
const SAMPLE: usize = 24;

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

    /// Everything else, question by question; each can be gone back to.
    pub(crate) fn campaign(
        &self,
        starter: Starter,
        identity: impl Fn(&str, Kind) -> String,
    ) -> io::Result<Starter> {
        self.terminal.say("init.back", &[]);
        let mut draft = Draft { starter, step: Step::Name, columns: None, sheets: Vec::new(), titled: None };
        let mut before = Vec::new();
        while draft.step != Step::Done {
            let asked = draft.clone();
            match self.turn(&mut draft)? {
                Reply::Given(()) => before.push(asked),
                Reply::Back => draft = before.pop().unwrap_or(asked),
            }
        }
        let mut starter = draft.starter;
        starter.id = identity(starter.title.as_deref().unwrap_or(""), starter.kind);
        Ok(starter)
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
            let faults = trial.faults_at(&FieldPath::of("account.appid"));
            let insists = doubted.as_deref() == Some(answer) && !faults.iter().any(Diagnostic::is_error);
            if faults.is_empty() || insists {
                return Ok(answer.to_owned());
            }
            // What is only odd may be right; whoever writes it twice means it.
            doubted = Some(answer.to_owned());
            let again = if faults.iter().any(Diagnostic::is_error) { "" } else { "init.insist" };
            Err(self.and(&self.told(&faults), again))
        })?;
        Ok(draft.take(reply, Step::Audience, |draft, appid| draft.starter.appid = Some(appid)))
    }

    fn audience(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        self.terminal.say("init.no-list", &[]);
        let question = self.words.say("init.ask.audience", &[]);
        let appid = draft.starter.appid.clone().unwrap_or_else(|| "APPID".to_owned());
        let reply = self.prompt.ask(&question, None, |answer| {
            if answer.is_empty() {
                return Err(self.words.say("init.no.list", &[("appid", &appid)]));
            }
            let file = path(answer);
            let mut trial = draft.starter.clone();
            (trial.audience, trial.sheet, trial.header_row) = (Some(file.clone()), None, None);
            let sheets = sheets(&file, OPENID);
            // Which of several it is has still to be asked.
            if sheets.len() > 1 {
                return Ok((file, sheets, None, None));
            }
            match columns_below(&trial) {
                Ok((columns, titled)) => Ok((file, sheets, columns, titled)),
                Err(faults) => Err(self.told(&faults)),
            }
        })?;
        let reply = draft.take(reply, Step::Sheet, |draft, (file, sheets, columns, titled)| {
            (draft.starter.audience, draft.starter.sheet, draft.starter.header_row) =
                (Some(file), None, None);
            (draft.sheets, draft.columns, draft.titled) = (sheets, columns, titled);
            if draft.sheets.len() < 2 {
                draft.step = draft.after_sheet();
            }
        });
        if draft.step == Step::Openid {
            self.show_columns(draft)?;
        }
        Ok(reply)
    }

    fn show_columns(&self, draft: &Draft) -> io::Result<()> {
        let (columns, file) = (draft.columns(), draft.starter.audience.as_deref().unwrap_or(Path::new("")));
        let (shown, count) = (display(file), columns.header.width());
        self.terminal.say("init.columns", &[("file", &shown), ("count", &count)]);
        let line = |(index, name): (usize, &str)| {
            let cell = columns.rows.first().and_then(|row| row.get(index)).map_or("", String::as_str);
            vec![format!("{}", index + 1), name.to_owned(), sample(cell)]
        };
        self.prompt.table(&columns.header.names().enumerate().map(line).collect::<Vec<_>>())
    }

    /// Which sheet it is, where there are several that could be: the first with an openid column as a rule.
    fn sheet(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let sheets = &draft.sheets;
        self.terminal.say("init.sheets", &[("count", &sheets.len())]);
        let line =
            |(index, (name, _)): (usize, &(String, bool))| vec![format!("{}", index + 1), name.clone()];
        self.prompt.table(&sheets.iter().enumerate().map(line).collect::<Vec<_>>())?;
        let usual = sheets.iter().find(|(_, suited)| *suited).map(|(name, _)| name.clone());
        let question = self.words.say("init.ask.sheet", &[]);
        let reply = self.prompt.ask(&question, usual, |answer| {
            let by_name = sheets.iter().find(|(name, _)| name.trim() == answer);
            let by_number =
                || answer.parse().ok().and_then(|number: usize| sheets.get(number.checked_sub(1)?));
            let Some((name, _)) = by_name.or_else(by_number) else {
                return Err(self
                    .words
                    .say("init.no.sheet", &[("answer", &answer), ("count", &sheets.len())]));
            };
            let mut trial = draft.starter.clone();
            (trial.sheet, trial.header_row) = (Some(name.clone()), None);
            let below = columns_below(&trial).map_err(|faults| self.told(&faults))?;
            Ok((name.clone(), below))
        })?;
        let reply = draft.take(reply, Step::Openid, |draft, (name, (columns, titled))| {
            (draft.starter.sheet, draft.starter.header_row) = (Some(name), None);
            (draft.columns, draft.titled) = (columns, titled);
            draft.step = draft.after_sheet();
        });
        if draft.step == Step::Openid {
            self.show_columns(draft)?;
        }
        Ok(reply)
    }

    /// In which row the names of the columns stand, where the first seems to be a title.
    fn header_row(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let Titled { rows, names } = draft.titled.clone().expect("it is asked of a list with a title");
        self.terminal.say("init.titled", &[("row", &names)]);
        let line = |(number, text): &(u64, String)| vec![number.to_string(), text.clone()];
        self.prompt.table(&rows.iter().map(line).collect::<Vec<_>>())?;
        let question = self.words.say("init.ask.header-row", &[]);
        let reply = self.prompt.ask(&question, Some(names.to_string()), |answer| {
            let Some(row) = answer.parse::<u32>().ok().filter(|row| *row > 0) else {
                return Err(self.words.say("init.no.header-row", &[("answer", &answer)]));
            };
            let mut trial = draft.starter.clone();
            trial.header_row = Some(row);
            columns(&trial).map(|columns| (row, columns)).map_err(|faults| self.told(&faults))
        })?;
        let reply = draft.take(reply, Step::Openid, |draft, (row, columns)| {
            draft.starter.header_row = Some(row);
            draft.columns = Some(columns);
        });
        if draft.step == Step::Openid {
            self.show_columns(draft)?;
        }
        Ok(reply)
    }

    fn openid(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let columns = draft.columns();
        let names: Vec<&str> = columns.header.names().collect();
        let question = self.words.say("init.ask.openid", &[]);
        let mut doubted = None;
        let reply = self.prompt.ask(&question, columns.likely_openid(), |answer| {
            let by_number = answer.parse().ok().and_then(|number: usize| names.get(number.checked_sub(1)?));
            let by_name = || names.iter().find(|name| **name == answer);
            let Some(name) = by_number.or_else(by_name).filter(|name| !name.is_empty()) else {
                return Err(self
                    .words
                    .say("init.no.column", &[("answer", &answer), ("count", &names.len())]));
            };
            let name = (*name).to_owned();
            match columns.no_openid(&name).filter(|_| doubted.as_ref() != Some(&name)) {
                None => Ok(name),
                Some(cell) => {
                    doubted = Some(name.clone());
                    let places: [(&str, &dyn std::fmt::Display); 2] =
                        [("column", &name), ("cell", &sample(cell))];
                    Err(self.and(&self.words.say("init.no.openid", &places), "init.insist"))
                }
            }
        })?;
        Ok(draft.take(reply, Step::Message, |draft, name| {
            (draft.starter.openid, draft.starter.window) = (Some(name), None);
            if draft.columns().likely_contact().is_some() {
                draft.step = Step::Window;
            }
        }))
    }

    /// Whether a column of times says until when people can be reached.
    fn window(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let (column, speaks) = draft.columns().likely_contact().expect("it is asked of a list with times");
        let question = self.words.say("init.ask.window", &[("column", &column)]);
        let (yes, no) = (self.words.say("init.yes", &[]), self.words.say("init.nay", &[]));
        let usual = if speaks { &yes } else { &no };
        let reply = self.prompt.ask(&question, Some(usual.clone()), |answer| {
            match answer.to_lowercase().as_str() {
                "y" | "yes" => Ok(true),
                answer if answer == yes => Ok(true),
                "n" | "no" => Ok(false),
                answer if answer == no => Ok(false),
                _ => Err(self.words.say("init.no.answer", &[("yes", &yes), ("again", &no)])),
            }
        })?;
        Ok(draft.take(reply, Step::Message, |draft, is_contact| {
            draft.starter.window = Some(column).filter(|_| is_contact);
        }))
    }

    /// Asks for the next field of the message that cannot be left out.
    fn message(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let first = draft.starter.message.is_empty();
        if draft.starter.kind == Kind::Msgmenu {
            return self.menu(draft);
        }
        let Some(at) = draft.starter.missing() else {
            draft.step = Step::Confirm;
            return self.confirm(draft);
        };
        if first {
            self.show_variables(draft);
        }
        let starter = draft.starter.clone();
        let question = self.question(starter.kind, &at);
        let columns = draft.columns();
        let check = |answer: &str| {
            if is_address(&at) && !is_link(answer) {
                return Err(self.words.say("init.no.url", &[("answer", &answer)]));
            }
            let text = answer.to_owned();
            let mut trial = starter.clone();
            trial.set(&at, Value::String(text.clone()));
            let faults = faults_of_text(&trial, &at, columns);
            if faults.is_empty() { Ok(text) } else { Err(self.told(&faults)) }
        };
        let reply = if starter.kind == Kind::Text {
            self.prompt.text(&question, check)?
        } else {
            self.prompt.ask(&question, None, check)?
        };
        Ok(draft.take(reply, Step::Message, |draft, text| draft.starter.set(&at, Value::String(text))))
    }

    /// Asks for the question of a menu, and for its answers until there are no more. Their numbers are given here.
    fn menu(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let table = FieldPath::of("message.msgmenu");
        let head = table.key("head_content");
        let answers = draft.starter.items(&table.key("list"));
        let asks_question = draft.starter.message.is_empty();
        if asks_question {
            self.show_variables(draft);
        }
        let at = if asks_question { head } else { table.key("list").index(answers).key("content") };
        let key = match (asks_question, answers) {
            (true, _) => "init.field.msgmenu-head_content",
            (false, 0) => "init.field.msgmenu-content",
            (false, _) => "init.field.msgmenu-more",
        };
        let starter = draft.starter.clone();
        let columns = draft.columns();
        let put = |starter: &mut Starter, text: &str| {
            if !asks_question {
                let list = table.key("list");
                starter.add_item(&list);
                // As WeChat's own sample counts them.
                starter.set(&list.index(answers).key("id"), Value::String((101 + answers).to_string()));
            }
            starter.set(&at, Value::String(text.to_owned()));
        };
        let reply = self.prompt.ask(&self.words.say(key, &[]), None, |answer| {
            if answer.is_empty() && answers > 0 {
                return Ok(None);
            }
            let mut trial = starter.clone();
            put(&mut trial, answer);
            let faults = faults_of_text(&trial, &at, columns);
            match answer.is_empty() {
                true => Err(self.words.say("init.no.text", &[])),
                false if faults.is_empty() => Ok(Some(answer.to_owned())),
                false => Err(self.told(&faults)),
            }
        })?;
        Ok(draft.take(reply, Step::Message, |draft, text| match text {
            Some(text) => put(&mut draft.starter, &text),
            None => draft.step = Step::Confirm,
        }))
    }

    fn show_variables(&self, draft: &Draft) {
        let usable = draft
            .columns()
            .header
            .names()
            .filter(|name| !name.is_empty() && Some(*name) != draft.starter.openid.as_deref());
        let variables: Vec<String> = usable.map(variable_of).collect();
        if !variables.is_empty() {
            self.terminal.say("init.variables", &[("variables", &variables.join(" "))]);
        }
    }

    /// Shows the first finished message and asks whether it is what was meant.
    fn confirm(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let Some(shown) = self.first_message(&draft.starter) else {
            // Nothing can be shown of a list with faults; those are told at the end.
            draft.step = Step::Done;
            return Ok(Reply::Given(()));
        };
        self.terminal.tell(&shown);
        let question = self.words.say("init.ask.right", &[]);
        let (yes, again) = (self.words.say("init.yes", &[]), self.words.say("init.again", &[]));
        let reply =
            self.prompt.ask(&question, Some(yes.clone()), |answer| match answer.to_lowercase().as_str() {
                "y" | "yes" => Ok(true),
                answer if answer == yes => Ok(true),
                "n" | "no" => Ok(false),
                answer if answer == again => Ok(false),
                _ => Err(self.words.say("init.no.answer", &[("yes", &yes), ("again", &again)])),
            })?;
        Ok(draft.take(reply, Step::Done, |draft, right| {
            if !right {
                draft.starter.message.clear();
                draft.step = Step::Message;
            }
        }))
    }

    fn first_message(&self, starter: &Starter) -> Option<String> {
        let campaign = starter.judged_so_far().campaign?;
        let plan = plan(&campaign);
        let sample = plan.first.as_ref()?;
        let ids = vec![None; sample.message.media.len()];
        Some(preview::text(sample, &ids, starter.kind, false, self.words))
    }

    /// What is asked for a field: its own question where the kind has one, or that of every field of its name.
    fn question(&self, kind: Kind, at: &FieldPath) -> String {
        let name = at.to_string();
        let name = name.rsplit('.').next().expect("a split has a first piece");
        let own = format!("init.field.{kind}-{name}");
        let key = if self.words.get(&own).is_some() { own } else { format!("init.field.{name}") };
        self.words.say(&key, &[])
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
        if self.titled.is_some() { Step::HeaderRow } else { Step::Openid }
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

/// Everything wrong with one text of the message, its variables held against the columns.
fn faults_of_text(starter: &Starter, at: &FieldPath, columns: &Columns) -> Vec<Diagnostic> {
    let faults: Vec<Diagnostic> = starter.faults_at(at).into_iter().filter(Diagnostic::is_error).collect();
    if !faults.is_empty() {
        return faults;
    }
    let texts = starter.judged_so_far().texts;
    let slots: Vec<SlotInput> = texts
        .iter()
        .filter(|(slot, _)| slot.at == *at)
        .map(|(slot, template)| SlotInput {
            at: slot.at.clone(),
            rules: slot.rules,
            template: template.clone(),
            upload: slot.upload,
        })
        .collect();
    let openid = starter.openid.as_deref().and_then(|name| columns.header.position(name));
    let openid = openid.expect("texts are asked for once the column of openids is chosen");
    let (_, faults) = Renderer::bind(&slots, &columns.header, openid, &[]);
    faults.into_iter().filter(Diagnostic::is_error).collect()
}

/// Whether a field holds the address of something.
fn is_address(at: &FieldPath) -> bool {
    let name = at.to_string();
    ["url", "picurl", "thumb_url", "musicurl", "hqmusicurl"]
        .contains(&name.rsplit('.').next().unwrap_or(&name))
}

/// Whether a text is an address, or becomes one row by row.
fn is_link(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("{{") || ["https://", "http://"].iter().any(|scheme| lower.starts_with(scheme))
}

/// The beginning of a cell, on one line.
fn sample(cell: &str) -> String {
    let line: String =
        cell.chars().map(|c| if steers(c) || c.is_control() { ' ' } else { c }).take(SAMPLE).collect();
    if cell.chars().count() > SAMPLE { format!("{line}…") } else { line }
}

/// A path as people give it: a file dragged onto a terminal comes in quotation marks, or with a backslash before each
/// blank; `~` is the home folder.
fn path(answer: &str) -> PathBuf {
    // PowerShell writes `& 'a b.csv'` where a file is dropped on it.
    let answer = answer.strip_prefix('&').map_or(answer, str::trim_start);
    let quotes = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’'), ('「', '」')];
    let quoted = |(open, close): (char, char)| answer.strip_prefix(open)?.strip_suffix(close);
    if let Some(quoted) = quotes.into_iter().find_map(quoted) {
        return PathBuf::from(quoted);
    }
    if let Some(address) = answer.strip_prefix("file://") {
        let plain = percent_encoding::percent_decode_str(address).decode_utf8_lossy().into_owned();
        // `file:///C:/a.csv` is `C:/a.csv`.
        let drive = plain.strip_prefix('/').filter(|rest| rest.as_bytes().get(1) == Some(&b':'));
        return PathBuf::from(drive.unwrap_or(&plain));
    }
    // On Windows a backslash parts folders.
    let bare = if cfg!(windows) { answer.to_owned() } else { unescaped(answer) };
    match (bare.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\'])), home_dir())
    {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches(['/', '\\'])),
        _ => PathBuf::from(bare),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dragged_file_and_odd_columns_are_understood() {
        assert_eq!(path("'C:\\a b\\名单.csv'"), PathBuf::from("C:\\a b\\名单.csv"));
        assert_eq!(path("a's.csv"), PathBuf::from("a's.csv"));
        if cfg!(unix) {
            assert_eq!(path("/a/my\\ list\\(1\\).csv"), PathBuf::from("/a/my list(1).csv"));
        }
        for dropped in ["& '/a b/名单.csv'", "“/a b/名单.csv”", "file:///a%20b/%E5%90%8D%E5%8D%95.csv"]
        {
            assert_eq!(path(dropped), PathBuf::from("/a b/名单.csv"), "{dropped}");
        }
        assert_eq!(path("file:///C:/a.csv"), PathBuf::from("C:/a.csv"));
        assert_eq!(home_dir().map(|home| home.join("名单.csv")), Some(path("~/名单.csv")));
        assert_eq!(path("~a.csv"), PathBuf::from("~a.csv"));
        assert_eq!(variable_of("姓名"), "{{姓名}}");
        assert_eq!(variable_of("会员 等级"), "{{[会员 等级]}}");
        assert_eq!(sample("a\nb"), "a b");
    }
}
