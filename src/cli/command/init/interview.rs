//! The questions that lead to a campaign, each checked as soon as it is answered. Nothing is written before the last.

use std::io;
use std::path::{Path, PathBuf};

use toml::Value;

use crate::audience::header::Header;
use crate::audience::openid;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::workbook::parse::sheets;
use crate::campaign::template::OPENID;
use crate::cli::command::init::prompt::Prompt;
use crate::cli::command::init::starter::Starter;
use crate::cli::context::variable;
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::FieldPath;
use crate::diagnostic::render::display;
use crate::locale::Catalog;
use crate::message::{KINDS, Kind};
use crate::plan::renderer::{Renderer, SlotInput};

/// How much of a cell is shown beside its column's name.
const SAMPLE: usize = 24;

/// Asks on a terminal.
pub(crate) struct Interview<'t> {
    terminal: &'t Terminal,
    words: &'t Catalog,
    prompt: Prompt<'t>,
}

/// What an audience file holds, as far as a campaign needs to know.
struct Columns {
    header: Header,
    /// The cells of the first row.
    first: Vec<String>,
}

impl<'t> Interview<'t> {
    /// On this terminal.
    pub(crate) fn new(terminal: &'t Terminal) -> Self {
        Self { terminal, words: &terminal.words, prompt: Prompt::new(&terminal.words) }
    }

    /// The folder of the campaign.
    pub(crate) fn folder(&self, mut refuse: impl FnMut(&Path) -> Option<String>) -> io::Result<PathBuf> {
        let question = self.words.say("init.ask.dir", &[]);
        self.prompt.ask(&question, Some("campaign".to_owned()), |answer| {
            let folder = path(answer);
            refuse(&folder).map_or(Ok(folder), Err)
        })
    }

    /// Everything else.
    pub(crate) fn campaign(
        &self,
        path: PathBuf,
        identity: impl FnOnce(Kind) -> String,
    ) -> io::Result<Starter> {
        let kind = self.kind()?;
        let mut starter = Starter::new(path, identity(kind), kind);
        self.appid(&mut starter)?;
        let columns = self.audience(&mut starter)?;
        self.openid(&mut starter, &columns)?;
        self.message(&mut starter, &columns)?;
        Ok(starter)
    }

    fn kind(&self) -> io::Result<Kind> {
        let line = |(index, kind): (usize, &Kind)| {
            let about = self.words.say(&format!("init.kind.{kind}"), &[]);
            vec![format!("{}", index + 1), kind.to_string(), about]
        };
        self.terminal.say("init.kinds", &[]);
        self.prompt.table(&KINDS.iter().enumerate().map(line).collect::<Vec<_>>())?;
        let question = self.words.say("init.ask.kind", &[]);
        self.prompt.ask(&question, Some("1".to_owned()), |answer| {
            let by_number = answer.parse().ok().and_then(|number: usize| KINDS.get(number.checked_sub(1)?));
            by_number.copied().or_else(|| Kind::find(answer)).ok_or_else(|| {
                self.words.say("init.no.kind", &[("answer", &answer), ("count", &KINDS.len())])
            })
        })
    }

    fn appid(&self, starter: &mut Starter) -> io::Result<()> {
        let question = self.words.say("init.ask.appid", &[]);
        let given = self.prompt.ask(&question, variable("WXCAST_APPID"), |answer| {
            let mut trial = starter.clone();
            trial.appid = Some(answer.to_owned());
            let faults = trial.faults_at(&FieldPath::of("account.appid"));
            if faults.iter().any(Diagnostic::is_error) {
                return Err(self.told(&faults));
            }
            // What is only odd may be right; it is told and taken.
            faults.iter().for_each(|fault| {
                self.terminal.tell(&format!("{}\n", self.told(std::slice::from_ref(fault))))
            });
            Ok(answer.to_owned())
        })?;
        starter.appid = Some(given);
        Ok(())
    }

    fn audience(&self, starter: &mut Starter) -> io::Result<Columns> {
        let question = self.words.say("init.ask.audience", &[]);
        let (file, sheets, first) = self.prompt.ask(&question, None, |answer| {
            let file = path(answer);
            let mut trial = starter.clone();
            trial.audience = Some(file.clone());
            let sheets = sheets(&file, OPENID);
            // Which of several it is has still to be asked.
            match columns(&trial) {
                Ok(columns) => Ok((file, sheets, Some(columns))),
                Err(_) if sheets.len() > 1 => Ok((file, sheets, None)),
                Err(faults) => Err(self.told(&faults)),
            }
        })?;
        starter.audience = Some(file.clone());
        let columns = match first {
            Some(columns) if sheets.len() < 2 => columns,
            Some(_) | None => self.sheet(starter, &sheets)?,
        };
        let (shown, count) = (display(&file), columns.header.width());
        self.terminal.say("init.columns", &[("file", &shown), ("count", &count)]);
        let line = |(index, name): (usize, &str)| {
            let cell = columns.first.get(index).map(String::as_str).unwrap_or_default();
            vec![format!("{}", index + 1), name.to_owned(), sample(cell)]
        };
        self.prompt.table(&columns.header.names().enumerate().map(line).collect::<Vec<_>>())?;
        Ok(columns)
    }

    /// Which sheet it is, where there are several that could be: the first with an openid column as a rule.
    fn sheet(&self, starter: &mut Starter, sheets: &[(String, bool)]) -> io::Result<Columns> {
        self.terminal.say("init.sheets", &[("count", &sheets.len())]);
        let line =
            |(index, (name, _)): (usize, &(String, bool))| vec![format!("{}", index + 1), name.clone()];
        self.prompt.table(&sheets.iter().enumerate().map(line).collect::<Vec<_>>())?;
        let usual = sheets.iter().find(|(_, suited)| *suited).map(|(name, _)| name.clone());
        let question = self.words.say("init.ask.sheet", &[]);
        let (name, columns) = self.prompt.ask(&question, usual, |answer| {
            let by_name = sheets.iter().find(|(name, _)| name.trim() == answer);
            let by_number =
                || answer.parse().ok().and_then(|number: usize| sheets.get(number.checked_sub(1)?));
            let Some((name, _)) = by_name.or_else(by_number) else {
                return Err(self
                    .words
                    .say("init.no.sheet", &[("answer", &answer), ("count", &sheets.len())]));
            };
            let mut trial = starter.clone();
            trial.sheet = Some(name.clone());
            columns(&trial).map(|columns| (name.clone(), columns)).map_err(|faults| self.told(&faults))
        })?;
        starter.sheet = Some(name);
        Ok(columns)
    }

    fn openid(&self, starter: &mut Starter, columns: &Columns) -> io::Result<()> {
        let names: Vec<&str> = columns.header.names().collect();
        let question = self.words.say("init.ask.openid", &[]);
        let chosen = self.prompt.ask(&question, columns.likely_openid(), |answer| {
            let by_number = answer.parse().ok().and_then(|number: usize| names.get(number.checked_sub(1)?));
            let by_name = || names.iter().find(|name| **name == answer);
            let name = by_number.or_else(by_name).filter(|name| !name.is_empty());
            name.map(|name| (*name).to_owned()).ok_or_else(|| {
                self.words.say("init.no.column", &[("answer", &answer), ("count", &names.len())])
            })
        })?;
        starter.openid = Some(chosen);
        Ok(())
    }

    fn message(&self, starter: &mut Starter, columns: &Columns) -> io::Result<()> {
        let openid = starter.openid.clone().unwrap_or_default();
        let usable = columns.header.names().filter(|name| !name.is_empty() && *name != openid);
        let variables: Vec<String> = usable.map(variable_of).collect();
        if !variables.is_empty() {
            self.terminal.say("init.variables", &[("variables", &variables.join(" "))]);
        }
        while let Some(at) = starter.missing() {
            let question = self.question(starter.kind, &at);
            let text = self.prompt.ask(&question, None, |answer| {
                let text = answer.replace("\\n", "\n");
                let mut trial = starter.clone();
                trial.set(&at, Value::String(text.clone()));
                let faults = faults_of_text(&trial, &at, columns);
                if faults.is_empty() { Ok(text) } else { Err(self.told(&faults)) }
            })?;
            starter.set(&at, Value::String(text));
        }
        Ok(())
    }

    /// What is asked for a field: its own question where the kind has one, or that of every field of its name.
    fn question(&self, kind: Kind, at: &FieldPath) -> String {
        let name = at.to_string();
        let name = name.rsplit('.').next().unwrap_or_default();
        let own = format!("init.field.{kind}-{name}");
        let key = if self.words.get(&own).is_some() { own } else { format!("init.field.{name}") };
        self.words.say(&key, &[])
    }

    /// Faults in words, with what to do.
    fn told(&self, faults: &[Diagnostic]) -> String {
        let told =
            faults.iter().map(|fault| format!("{} {}", fault.message(self.words), fault.help(self.words)));
        told.collect::<Vec<_>>().join("\n")
    }
}

impl Columns {
    /// The column that is called openid, or whose first cell looks like one.
    fn likely_openid(&self) -> Option<String> {
        let named = self.header.names().find(|name| name.eq_ignore_ascii_case(OPENID));
        let looks = |cell: &&String| matches!(openid::check(cell.trim()), Ok(openid::Shape::Usual));
        let by_look =
            || self.first.iter().position(|cell| looks(&cell)).and_then(|at| self.header.names().nth(at));
        named.or_else(by_look).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}

/// The columns of the audience and its first row, or what keeps the file from being read.
fn columns(starter: &Starter) -> Result<Columns, Vec<Diagnostic>> {
    let judged = starter.judged_so_far();
    let Some(audience) = judged.audience else { return Err(judged.faults) };
    let mut reader = Reader::open(&audience.source).map_err(|unreadable| unreadable.faults)?;
    let mut row = Row::default();
    let mut first = Vec::new();
    if reader.read(&mut row).map_err(|fault| vec![fault])?.is_some() {
        first = row.cells().map_err(|fault| vec![fault])?.iter().map(str::to_owned).collect();
    }
    Ok(Columns { header: reader.header().clone(), first })
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
    let openid = starter.openid.as_deref().and_then(|name| columns.header.position(name)).unwrap_or_default();
    let (_, faults) = Renderer::bind(&slots, &columns.header, openid, &[]);
    faults.into_iter().filter(Diagnostic::is_error).collect()
}

/// A column as templates write it.
fn variable_of(column: &str) -> String {
    let plain = column.chars().all(|c| c.is_alphanumeric() || c == '_');
    let plain = plain && !column.starts_with(|c: char| c.is_ascii_digit());
    if plain { format!("{{{{{column}}}}}") } else { format!("{{{{[{column}]}}}}") }
}

/// The beginning of a cell, on one line.
fn sample(cell: &str) -> String {
    let line: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAMPLE).collect();
    if cell.chars().count() > SAMPLE { format!("{line}…") } else { line }
}

/// A path as people give it: a file dragged onto a terminal comes with quotes around it.
fn path(answer: &str) -> PathBuf {
    let bare = ['"', '\''].into_iter().find_map(|quote| answer.strip_prefix(quote)?.strip_suffix(quote));
    PathBuf::from(bare.unwrap_or(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dragged_file_and_odd_columns_are_understood() {
        assert_eq!(path("'C:\\a b\\名单.csv'"), PathBuf::from("C:\\a b\\名单.csv"));
        assert_eq!(path("a's.csv"), PathBuf::from("a's.csv"));
        assert_eq!(variable_of("姓名"), "{{姓名}}");
        assert_eq!(variable_of("会员 等级"), "{{[会员 等级]}}");
        assert_eq!(sample("a\nb"), "a b");
    }
}
