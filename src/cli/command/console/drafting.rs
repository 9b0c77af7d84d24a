//! A campaign in the making, as `init` makes one: the same starter, the same look at the list, the same judgement.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use toml::Value;

use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::workbook::parse::sheets;
use crate::campaign::template::OPENID;
use crate::cli::command::init::columns::{columns, columns_below};
use crate::cli::command::init::starter::Starter;
use crate::cli::command::init::{CAMPAIGN, dated, write};
use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::console::draft::{Draft, Drafted, Field};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::FieldPath;
use crate::locale::Catalog;
use crate::own_file;
use crate::plan::plan;
use crate::plan::renderer::variable_of;

/// What is asked for in a field of its own, too.
const APPID: &str = "account.appid";
/// So many of the first rows are shown.
const ROWS: usize = 8;
/// So many cells of a row.
const CELLS: usize = 12;

/// What the program makes of a draft.
pub(super) fn look(draft: &Draft, words: &Catalog) -> Drafted {
    let mut starter = starter(draft, &draft.list, Path::new(""), words);
    let all = sheets(&draft.list, OPENID);
    if starter.sheet.is_none() && all.len() > 1 {
        starter.sheet = Some(likely_sheet(&starter, &all));
    }
    let (first, rows) = picture(&starter);
    starter.header_row = starter.header_row.or_else(|| row_of_names(&starter));
    let mut wrong = Vec::new();
    let found = columns(&starter).map_err(|faults| wrong.extend(told(&faults, words))).ok();
    let names: Vec<String> = found
        .iter()
        .flat_map(|found| found.header.names())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if starter.openid.as_ref().is_none_or(|openid| !names.contains(openid)) {
        starter.openid = found.as_ref().and_then(|found| found.likely_openid());
    }
    let fields = fields(draft, &mut starter, words);
    let judged = starter.judged_so_far();
    let is_elsewhere = |fault: &&Diagnostic| {
        let at = fault.at.field().map(ToString::to_string);
        let is_asked =
            |at: &str| fields.iter().any(|field| field.at == at) || at == APPID && starter.appid.is_none();
        fault.is_error() && !at.is_some_and(|at| is_asked(&at))
    };
    let others: Vec<Diagnostic> = judged.faults.iter().filter(is_elsewhere).cloned().collect();
    wrong.extend(told(&others, words));
    let made = judged.campaign.map(|campaign| {
        let plan = plan(&campaign);
        (campaign, plan)
    });
    Drafted {
        sheets: if all.len() > 1 { all.into_iter().map(|(name, _)| name).collect() } else { Vec::new() },
        sheet: starter.sheet.clone(),
        rows,
        header_row: starter.header_row.map_or(first, u64::from),
        columns: names.iter().map(|name| (name.clone(), variable_of(name))).collect(),
        openid: starter.openid.clone(),
        fields,
        wrong,
        made,
    }
}

/// The row with the names, where a title seems to stand above them.
fn row_of_names(starter: &Starter) -> Option<u32> {
    let (_, titled) = columns_below(starter).ok()?;
    u32::try_from(titled?.names).ok()
}

/// The sheet that has the column of openids, by its name or by what stands in it; else the first.
fn likely_sheet(starter: &Starter, all: &[(String, bool)]) -> String {
    let holds = |name: &str| {
        let mut trial = starter.clone();
        trial.sheet = Some(name.to_owned());
        trial.header_row = row_of_names(&trial);
        columns(&trial).is_ok_and(|columns| columns.likely_openid().is_some())
    };
    let named = all.iter().find(|(_, suits)| *suits);
    let likely = named.or_else(|| all.iter().find(|(name, _)| holds(name))).or(all.first());
    likely.expect("it is asked where there are several").0.clone()
}

/// Writes the campaign into a folder of its own, the list beside it. Gives the campaign file.
pub(super) fn make(
    draft: &Draft,
    folder: &Path,
    made: &mut Option<PathBuf>,
    terminal: &Terminal,
) -> Result<Exit, Problem> {
    let words = &terminal.words;
    let dir = room(folder, &draft.title);
    let id = dated(&draft.title, &dir, draft.kind, &Zoned::now());
    let name = draft.list.file_name().expect("the console has given it a name");
    let list = dir.join(name);
    let seen = look(draft, words);
    let mut starter = starter(draft, &list, &dir, words);
    starter.id = id;
    (starter.sheet, starter.openid) = (seen.sheet, seen.openid);
    starter.header_row = u32::try_from(seen.header_row).ok().filter(|row| *row > 1);
    fields(draft, &mut starter, words);
    let unwritable = |error| Problem::cannot_write(&list, error);
    fs::create_dir_all(&dir).map_err(unwritable)?;
    let bytes = fs::read(&draft.list).map_err(unwritable)?;
    own_file::replace(&list, &bytes).map_err(unwritable)?;
    *made = Some(write(&dir, &[(CAMPAIGN, starter.text().as_bytes())], terminal)?);
    Ok(Exit::Ok)
}

fn starter(draft: &Draft, list: &Path, dir: &Path, words: &Catalog) -> Starter {
    let mut starter = Starter::new(dir.join(CAMPAIGN), "campaign".to_owned(), draft.kind, words.language());
    starter.title = Some(draft.title.trim().to_owned()).filter(|title| !title.is_empty());
    starter.appid = Some(draft.appid.trim().to_owned()).filter(|appid| !appid.is_empty());
    starter.audience = Some(list.to_owned());
    starter.sheet.clone_from(&draft.sheet);
    starter.header_row = draft.header_row;
    starter.openid.clone_from(&draft.openid);
    starter
}

/// The texts that the message cannot do without, with what was written for them; the starter has them afterwards.
fn fields(draft: &Draft, starter: &mut Starter, words: &Catalog) -> Vec<Field> {
    let mut asked = Vec::new();
    while let Some(at) = starter.missing() {
        starter.set(&at, Value::String("?".to_owned()));
        asked.push(at);
    }
    let written = |at: &FieldPath| draft.texts.get(&at.to_string()).map(|text| text.replace("\r\n", "\n"));
    for at in &asked {
        starter.set(at, Value::String(written(at).as_deref().unwrap_or("").to_owned()));
    }
    let field = |at: FieldPath| {
        let text = written(&at);
        // Whoever has not come to it yet has made no mistake.
        let wrong = match &text {
            Some(_) => told(&starter.faults_at(&at), words),
            None => Vec::new(),
        };
        let name = at.to_string();
        let last = name.rsplit('.').next().expect("a split has a first piece");
        // What a terminal asks says how an answer of several lines ends there.
        let own = ["console.field", "init.field"].map(|table| format!("{table}.{}-{last}", draft.kind));
        let key = own.into_iter().find(|key| words.get(key).is_some());
        let key = key.unwrap_or_else(|| format!("init.field.{last}"));
        let question = words.say(&key, &[]).replace('\n', " ");
        let long = matches!(last, "content" | "description" | "head_content" | "tail_content");
        Field { text: text.as_deref().unwrap_or("").to_owned(), question, long, wrong, at: name }
    };
    asked.into_iter().map(field).collect()
}

/// The first rows of the list, whatever they are, and the number of the first.
fn picture(starter: &Starter) -> (u64, Vec<(u64, Vec<String>)>) {
    let mut plain = starter.clone();
    plain.header_row = None;
    let Some(audience) = plain.judged_so_far().audience else { return (1, Vec::new()) };
    let Ok((mut reader, first)) = Reader::begin(&audience.source) else { return (1, Vec::new()) };
    let top = reader.sheet().map_or(first.sheet_row(), |sheet| sheet.header_row);
    let mut rows = vec![(top, reader.header().names().take(CELLS).map(str::to_owned).collect())];
    let mut row = Row::default();
    while rows.len() < ROWS && reader.next(&mut row).unwrap_or(false) {
        let Ok(cells) = row.cells() else { break };
        rows.push((row.sheet_row(), cells.iter().take(CELLS).map(str::to_owned).collect()));
    }
    (top, rows)
}

fn told(faults: &[Diagnostic], words: &Catalog) -> Vec<String> {
    let errors = faults.iter().filter(|fault| fault.is_error());
    errors.map(|fault| format!("{} {}", fault.message(words), fault.help(words))).collect()
}

/// A folder for a campaign of this title that is not there yet.
fn room(folder: &Path, title: &str) -> PathBuf {
    let usable = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = title.trim().chars().take(40).map(usable).collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "campaign" } else { name };
    let numbered = |number: u32| if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
    let free = (1..).map(|number| folder.join(numbered(number))).find(|dir| !dir.exists());
    free.expect("one of endlessly many names is free")
}
