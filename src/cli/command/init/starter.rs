//! A campaign in the making: what was answered so far, as the text of a campaign file.

use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

use crate::audience::wishes::HiddenRows;
use crate::campaign::validate::{Overrides, Validated, validate};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Step};
use crate::diagnostic::render::display;
use crate::locale::Language;
use crate::message::{AccountKind, Kind};

/// The answers.
#[derive(Debug, Clone)]
pub(crate) struct Starter {
    /// The campaign file to be.
    pub(crate) path: PathBuf,
    /// The campaign's identity.
    pub(crate) id: String,
    /// What people call the campaign.
    pub(crate) title: Option<String>,
    /// The language of whoever answers, and of those who will read the results.
    language: Language,
    /// The message kind.
    pub(crate) kind: Kind,
    /// The account.
    pub(crate) appid: Option<String>,
    /// The audience file, as people name it from where they are.
    pub(crate) audience: Option<PathBuf>,
    /// The sheet, where the audience file has several.
    pub(crate) sheet: Option<String>,
    /// The row that names the columns, where it is not the first.
    pub(crate) header_row: Option<u32>,
    /// What the hidden rows of the sheet are.
    pub(crate) hidden_rows: Option<HiddenRows>,
    /// The column of the openids.
    pub(crate) openid: Option<String>,
    /// The column with the times of last contact.
    pub(crate) window: Option<String>,
    /// The message's table.
    pub(crate) message: Table,
}

impl Starter {
    /// Nothing answered but the kind.
    pub(crate) fn new(path: PathBuf, id: String, kind: Kind, language: Language) -> Self {
        Self {
            path,
            id,
            title: None,
            language,
            kind,
            appid: None,
            audience: None,
            sheet: None,
            header_row: None,
            hidden_rows: None,
            openid: None,
            window: None,
            message: Table::new(),
        }
    }

    /// The campaign file.
    pub(crate) fn text(&self) -> String {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        self.text_with(self.audience.as_ref().map(|file| seen_from(folder, file)))
    }

    fn text_with(&self, audience_file: Option<PathBuf>) -> String {
        let mut account = Table::new();
        account.extend(self.appid.clone().map(|appid| ("appid".to_owned(), Value::String(appid))));
        if self.only_for_mini_programs() {
            account.insert("kind".to_owned(), Value::String(AccountKind::MiniProgram.name().to_owned()));
        }
        let mut audience = Table::new();
        audience.extend(audience_file.map(|file| ("file".to_owned(), Value::String(display(&file)))));
        audience.extend(self.sheet.clone().map(|sheet| ("sheet".to_owned(), Value::String(sheet))));
        audience.extend(self.header_row.map(|row| ("header_row".to_owned(), Value::Integer(row.into()))));
        let hidden = self.hidden_rows.and_then(HiddenRows::word);
        audience.extend(hidden.map(|word| ("hidden_rows".to_owned(), Value::String(word.to_owned()))));
        let column = self.openid.clone().filter(|column| column != "openid");
        audience.extend(column.map(|column| ("openid".to_owned(), Value::String(column))));
        audience.extend(self.window.clone().map(|column| {
            let window = Table::from_iter([("column".to_owned(), Value::String(column))]);
            ("window".to_owned(), Value::Table(window))
        }));
        let message = Table::from_iter([(self.kind.name().to_owned(), Value::Table(self.message.clone()))]);
        let mut campaign = Table::from_iter([("id".to_owned(), Value::String(self.id.clone()))]);
        campaign.extend(self.title.clone().map(|title| ("title".to_owned(), Value::String(title))));
        let tables = [
            ("campaign", campaign),
            ("account", account),
            ("audience", audience),
            ("message", message),
            ("results", self.results()),
        ];
        let mut text = "#:schema campaign.schema.json\n".to_owned();
        for (name, table) in tables {
            let table = Table::from_iter([(name.to_owned(), Value::Table(table))]);
            text.push('\n');
            text.push_str(&toml::to_string_pretty(&table).expect("tables of texts can always be written"));
        }
        text
    }

    /// Results lie beside the campaign, wherever the list is; Chinese readers get a workbook in their language.
    fn results(&self) -> Table {
        let file = |ending| ("file".to_owned(), Value::String(format!("{}.results.{ending}", self.id)));
        match self.language {
            Language::En => Table::from_iter([file("csv")]),
            Language::ZhCn => {
                Table::from_iter([file("xlsx"), ("language".to_owned(), Value::String("zh-CN".to_owned()))])
            }
        }
    }

    /// The campaign file as it will be written, judged. The environment has no say: the file is to stand by itself.
    pub(crate) fn judged(&self) -> Validated {
        validate(&self.path, &self.text(), &Overrides::default())
    }

    /// The same before it is written: no way leads out of a folder that is not there yet, so the audience is named
    /// from the root.
    pub(crate) fn judged_so_far(&self) -> Validated {
        let audience = self.audience.as_ref().map(|file| plain(file).unwrap_or_else(|_| file.clone()));
        validate(&self.path, &self.text_with(audience), &Overrides::default())
    }

    /// The next field of the message that cannot be left out.
    pub(crate) fn missing(&mut self) -> Option<FieldPath> {
        loop {
            let at = self.message_faults(Code::MissingKey).into_iter().next()?;
            // A field that takes no text is a list; it begins with one item.
            let mut trial = self.clone();
            trial.set(&at, Value::String("?".to_owned()));
            if !trial.message_faults(Code::WrongType).contains(&at) {
                return Some(at);
            }
            self.set(&at, Value::Array(vec![Value::Table(Table::new())]));
        }
    }

    /// How many items a list of the message has.
    pub(crate) fn items(&self, at: &FieldPath) -> usize {
        match at.steps().last() {
            Some(Step::Key(key)) => self.message.get(key).and_then(Value::as_array).map_or(0, Vec::len),
            Some(Step::Index(_)) | None => 0,
        }
    }

    /// Puts one more item at the end of a list of the message.
    pub(crate) fn add_item(&mut self, at: &FieldPath) {
        if let Some(Step::Key(key)) = at.steps().last() {
            let list = self.message.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.push(Value::Table(Table::new()));
            }
        }
    }

    /// What is wrong with one field.
    pub(crate) fn faults_at(&self, field: &FieldPath) -> Vec<Diagnostic> {
        let of_field = |fault: &Diagnostic| fault.at.field() == Some(field);
        self.judged_so_far().faults.into_iter().filter(of_field).collect()
    }

    /// Writes a field of the message.
    pub(crate) fn set(&mut self, at: &FieldPath, value: Value) {
        // The first two steps are `message` and the kind.
        if let Some((last, way)) = at.steps().get(2..).and_then(|steps| steps.split_last()) {
            let mut here: Option<&mut Table> = Some(&mut self.message);
            for pair in way.chunks(2) {
                here = here.and_then(|table| match pair {
                    [Step::Key(key), Step::Index(index)] => {
                        table.get_mut(key)?.get_mut(*index)?.as_table_mut()
                    }
                    _ => None,
                });
            }
            if let (Some(table), Step::Key(key)) = (here, last) {
                table.insert(key.clone(), value);
            }
        }
    }

    fn message_faults(&self, code: Code) -> Vec<FieldPath> {
        let message = FieldPath::of("message");
        let faults = self.judged_so_far().faults.into_iter().filter(|fault| fault.code == code);
        let fields = faults.filter_map(|fault| fault.at.field().cloned());
        fields.filter(|at| at.steps().starts_with(message.steps())).collect()
    }

    fn only_for_mini_programs(&self) -> bool {
        let table = Table::from_iter([(self.kind.name().to_owned(), Value::Table(Table::new()))]);
        let file = table
            .try_into::<crate::message::MessageFile>()
            .expect("a kind may be written without its fields");
        file.tables().iter().any(|(_, message)| !message.accounts().contains(&AccountKind::Official))
    }
}

/// A file as it is named from a folder, both as they are named from here. Where no way leads from one to the other,
/// as between two drives of Windows, the whole path.
pub(crate) fn seen_from(folder: &Path, file: &Path) -> PathBuf {
    let (Ok(folder), Ok(file)) = (plain(folder), plain(file)) else { return file.to_owned() };
    let common = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let foreign = |part: &Component<'_>| matches!(part, Component::Prefix(_) | Component::RootDir);
    if folder.components().skip(common).any(|part| foreign(&part)) {
        return file;
    }
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    up.chain(file.components().skip(common)).collect()
}

/// A path from the root, without `.` and `..`. The folder need not be there yet.
fn plain(path: &Path) -> std::io::Result<PathBuf> {
    let mut plain = PathBuf::new();
    for part in
        std::path::absolute(if path.as_os_str().is_empty() { Path::new(".") } else { path })?.components()
    {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::KINDS;

    #[test]
    fn a_file_is_named_from_the_campaign_s_folder() {
        let named = |folder: &str, file: &str| display(&seen_from(Path::new(folder), Path::new(file)));
        assert_eq!(named("spring", "list.csv"), "../list.csv");
        assert_eq!(named("a/b", "a/list.csv"), "../list.csv");
        assert_eq!(named("spring", "spring/名单.csv"), "名单.csv");
        assert_eq!(named(".", "./x/../list.csv"), "list.csv");
    }

    #[test]
    fn of_every_kind_the_least_needed_fields_are_found_and_nothing_else() {
        for kind in KINDS {
            let mut starter = Starter::new("c.toml".into(), "id".into(), *kind, Language::En);
            let mut asked = Vec::new();
            while let Some(at) = starter.missing() {
                assert!(!asked.contains(&at), "{at} is asked for again");
                starter.set(&at, Value::String("https://example.com/".into()));
                asked.push(at);
            }
            assert!((1..=4).contains(&asked.len()), "{kind}: {asked:?}");
        }
        let mut news = Starter::new("c.toml".into(), "id".into(), Kind::News, Language::En);
        assert_eq!(
            news.missing().map(|at| at.to_string()).as_deref(),
            Some("message.news.articles[1].title")
        );
    }
}
