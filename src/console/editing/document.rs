//! The text of a campaign file with one value changed at a time: comments, order and whatever nobody asked to change stay as
//! they are.

use toml_edit::{
    Array, ArrayOfTables, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value, value,
};

use crate::diagnostic::place::{FieldPath, Step};

/// A campaign file that is being changed.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    toml: DocumentMut,
    /// Whether its lines end as on Windows, and whether it begins with a byte order mark, as editors there leave them.
    crlf: bool,
    marked: bool,
}

/// What a value is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entered {
    /// Not there.
    Nothing,
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Yes(bool),
    /// Several texts.
    Lines(Vec<String>),
}

impl Document {
    /// Reads a file; nothing where it is no TOML.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
        let toml = plain.parse().ok()?;
        Some(Self { toml, crlf: plain.contains("\r\n"), marked: plain.len() != text.len() })
    }

    /// The file.
    pub(crate) fn to_text(&self) -> String {
        let mut text = self.toml.to_string();
        if self.crlf {
            // The crate writes line breaks of one character, but for those inside of texts, which stay as they are.
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        if self.marked { format!("\u{feff}{text}") } else { text }
    }

    /// A value as a form shows it, several texts below one another; nothing where it is not there.
    pub(crate) fn text(&self, at: &FieldPath) -> Option<String> {
        Some(match self.item(at)?.as_value()? {
            Value::String(text) => text.value().replace("\r\n", "\n"),
            Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join("\n"),
            other => plain(other),
        })
    }

    /// How many items a list of tables has.
    pub(crate) fn items(&self, at: &FieldPath) -> usize {
        match self.item(at) {
            Some(Item::ArrayOfTables(list)) => list.len(),
            Some(Item::Value(Value::Array(list))) => list.len(),
            Some(Item::None | Item::Value(_) | Item::Table(_)) | None => 0,
        }
    }

    /// The keys of a table.
    pub(crate) fn keys(&self, at: &FieldPath) -> Vec<String> {
        let table = self.item(at).and_then(Item::as_table_like);
        table.map_or_else(Vec::new, |table| table.iter().map(|(key, _)| key.to_owned()).collect())
    }

    /// Whether a table is there and has nothing in it.
    pub(crate) fn is_blank(&self, at: &FieldPath) -> bool {
        self.item(at).and_then(Item::as_table_like).is_some_and(TableLike::is_empty)
    }

    /// Writes a value. The tables above it are made where they are not there.
    pub(crate) fn set(&mut self, at: &FieldPath, entered: &Entered) {
        let value_of = match entered {
            Entered::Nothing => return self.remove(at),
            Entered::Text(text) => Value::from(text.as_str()),
            Entered::Number(number) => Value::from(*number),
            Entered::Yes(yes) => Value::from(*yes),
            Entered::Lines(lines) => return self.set_lines(at, lines),
        };
        let Some((table, key, on_one_line)) = self.place(at) else { return };
        match table.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) => replace(old, value_of),
            None => insert(table, key, value(value_of), on_one_line),
        }
    }

    fn set_lines(&mut self, at: &FieldPath, lines: &[String]) {
        let Some((table, key, on_one_line)) = self.place(at) else { return };
        match table.get_mut(key).and_then(Item::as_value_mut) {
            Some(Value::Array(list)) => renew(list, lines),
            Some(old) => replace(old, Value::Array(lines.iter().collect())),
            None => insert(table, key, value(lines.iter().collect::<Array>()), on_one_line),
        }
    }

    /// Leaves of a list of tables only these, by their numbers from 0.
    pub(crate) fn keep_items(&mut self, at: &FieldPath, kept: &[usize]) {
        let mut number = 0;
        let mut is_kept = || {
            number += 1;
            kept.contains(&(number - 1))
        };
        match self.item_mut(at) {
            Some(Item::ArrayOfTables(list)) => list.retain(|_| is_kept()),
            Some(Item::Value(Value::Array(list))) => list.retain(|_| is_kept()),
            Some(Item::None | Item::Value(_) | Item::Table(_)) | None => return,
        }
        if self.items(at) == 0 {
            self.remove(at);
        }
    }

    /// Takes a value or a table away. What was remarked of it stays: somebody has written it.
    pub(crate) fn remove(&mut self, at: &FieldPath) {
        let Some((last, way)) = at.steps().split_last() else { return };
        let Step::Key(key) = last else { return };
        let Some(parent) = self.item_at_mut(way) else { return };
        let Some(table) = parent.as_table_mut() else {
            // In a table on one line there are no remarks.
            if let Some(table) = parent.as_table_like_mut() {
                table.remove(key);
            }
            return;
        };
        let remark = remark(table, key);
        let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
        let Some(place) = names.iter().position(|name| name == key) else { return };
        table.remove(key);
        if remark.is_empty() || leave_before(table, names.get(place + 1), &remark) {
            return;
        }
        let before = place.checked_sub(1).and_then(|before| names.get(before));
        if !leave_behind(table, before, &remark) {
            let rest = self.toml.trailing().as_str().unwrap_or("").to_owned();
            self.toml.set_trailing(remark + &rest);
        }
    }

    fn item(&self, at: &FieldPath) -> Option<&Item> {
        at.steps().iter().try_fold(self.toml.as_item(), |item, step| match step {
            Step::Key(key) => item.as_table_like()?.get(key).filter(|item| !item.is_none()),
            Step::Index(index) => item.get(*index),
        })
    }

    fn item_mut(&mut self, at: &FieldPath) -> Option<&mut Item> {
        self.item_at_mut(at.steps())
    }

    fn item_at_mut(&mut self, steps: &[Step]) -> Option<&mut Item> {
        steps.iter().try_fold(self.toml.as_item_mut(), |item, step| match step {
            Step::Key(key) => item.as_table_like_mut()?.get_mut(key),
            Step::Index(index) => item.get_mut(*index),
        })
    }

    /// The table that a value stands in, its key there, and whether that table stands on one line.
    fn place<'p>(&mut self, at: &'p FieldPath) -> Option<(&mut dyn TableLike, &'p str, bool)> {
        let (last, way) = at.steps().split_last()?;
        let Step::Key(key) = last else { return None };
        let mut here = self.toml.as_item_mut();
        for (at, step) in way.iter().enumerate() {
            here = match step {
                Step::Key(name) => {
                    let is_list = matches!(way.get(at + 1), Some(Step::Index(_)));
                    let fresh = fresh(is_list, here.is_inline_table());
                    let table = here.as_table_like_mut()?;
                    if !table.contains_key(name) {
                        table.insert(name, fresh);
                    }
                    table.get_mut(name)?
                }
                Step::Index(index) => {
                    lengthen(here, *index);
                    here.get_mut(*index)?
                }
            };
        }
        let on_one_line = here.is_inline_table();
        Some((here.as_table_like_mut()?, key, on_one_line))
    }
}

/// A table or a list of them that is not there yet, on one line where it is to stand in one.
fn fresh(is_list: bool, on_one_line: bool) -> Item {
    match (is_list, on_one_line) {
        (false, false) => Item::Table(Table::new()),
        (true, false) => Item::ArrayOfTables(ArrayOfTables::new()),
        (false, true) => value(InlineTable::new()),
        (true, true) => value(Array::new()),
    }
}

fn lengthen(list: &mut Item, index: usize) {
    match list {
        Item::ArrayOfTables(list) => (list.len()..=index).for_each(|_| list.push(Table::new())),
        Item::Value(Value::Array(list)) => (list.len()..=index).for_each(|_| list.push(InlineTable::new())),
        Item::None | Item::Value(_) | Item::Table(_) => {}
    }
}

/// Puts a value into a table that has none of this name. On one line a comma comes behind the last one, where a blank stood
/// before the brace.
fn insert(table: &mut dyn TableLike, key: &str, item: Item, on_one_line: bool) {
    if on_one_line && let Some((_, Item::Value(last))) = table.iter_mut().last() {
        last.decor_mut().set_suffix("");
    }
    table.insert(key, item);
}

/// A value without what stands around it.
fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.clone().decorated("", "").to_string(),
    }
}

/// Puts a value in the place of another one; the remark behind it stays.
fn replace(old: &mut Value, mut new: Value) {
    *new.decor_mut() = old.decor().clone();
    *old = new;
}

/// Changes what has changed of a list; what stands around the rest stays.
fn renew(list: &mut Array, lines: &[String]) {
    for (at, line) in lines.iter().enumerate() {
        match list.get(at) {
            Some(old) if old.as_str() == Some(line) => {}
            Some(_) => drop(list.replace(at, line)),
            None => {
                // As the one before it stands, on a line of its own or not.
                let before = at.checked_sub(1).and_then(|before| list.get(before));
                let prefix = before.and_then(|value| value.decor().prefix()).and_then(RawString::as_str);
                // A remark behind the one before that stands in the prefix of this one, and is not repeated.
                let prefix = prefix.map(|prefix| &prefix[prefix.rfind('\n').unwrap_or(0)..]);
                match prefix.map(str::to_owned) {
                    Some(prefix) if at > 1 || prefix.contains('\n') => {
                        list.push_formatted(Value::from(line).decorated(prefix, ""));
                    }
                    Some(_) | None => list.push(line),
                }
            }
        }
    }
    (lines.len()..list.len()).rev().for_each(|at| drop(list.remove(at)));
}

/// What was remarked of a key, above it and behind its value.
fn remark(table: &Table, key: &str) -> String {
    let text = |text: Option<&RawString>| {
        text.and_then(RawString::as_str).filter(|text| text.contains('#')).unwrap_or("").to_owned()
    };
    let above = match table.get(key) {
        Some(Item::Table(own)) => text(own.decor().prefix()),
        Some(Item::Value(_)) => text(table.key(key).and_then(|key| key.leaf_decor().prefix())),
        Some(Item::None | Item::ArrayOfTables(_)) | None => String::new(),
    };
    let behind = match table.get(key) {
        Some(Item::Value(value)) => text(value.decor().suffix()),
        Some(Item::Table(own)) => text(own.decor().suffix()),
        Some(Item::None | Item::ArrayOfTables(_)) | None => String::new(),
    };
    match behind.trim() {
        "" => above,
        behind => format!("{above}{behind}\n"),
    }
}

/// Leaves a remark above what follows. Gives whether something does.
fn leave_before(table: &mut Table, next: Option<&String>, remark: &str) -> bool {
    let Some(next) = next else { return false };
    let joined =
        |old: Option<&RawString>| format!("{remark}{}", old.and_then(RawString::as_str).unwrap_or(""));
    match table.get_mut(next) {
        Some(Item::Table(own)) => {
            let joined = joined(own.decor().prefix());
            own.decor_mut().set_prefix(joined);
        }
        Some(Item::Value(_)) => {
            let Some(mut key) = table.key_mut(next) else { return false };
            let joined = joined(key.leaf_decor().prefix());
            key.leaf_decor_mut().set_prefix(joined);
        }
        Some(Item::None | Item::ArrayOfTables(_)) | None => return false,
    }
    true
}

/// Leaves a remark behind what stands before, or behind the name of the table. Gives whether there is such a place.
fn leave_behind(table: &mut Table, before: Option<&String>, remark: &str) -> bool {
    let joined = |old: Option<&RawString>| {
        format!("{}\n{}", old.and_then(RawString::as_str).unwrap_or(""), remark.trim_end())
    };
    let is_first = before.is_none() && !table.is_implicit() && table.position().is_some();
    let before = match before {
        Some(before) => table.get_mut(before),
        None => None,
    };
    match before {
        Some(Item::Value(value)) => {
            let joined = joined(value.decor().suffix());
            value.decor_mut().set_suffix(joined);
            true
        }
        None if is_first => {
            let joined = joined(table.decor().suffix());
            table.decor_mut().set_suffix(joined);
            true
        }
        Some(Item::None | Item::Table(_) | Item::ArrayOfTables(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Who wrote this\n\
[campaign]\n\
id = \"spring\"   # never change it\n\
\n\
[audience]\n\
file = '名单.csv'\n\
# Those who asked for nothing\n\
exclude = [\n  \"退订.csv\", # by law\n  \"员工.csv\",\n]\n\
\n\
# One a person\n\
[message.text]\n\
content = '''\n您好\n'''\n\
\n\
[send]\n\
# Slow on purpose\n\
rate = \"5/s\" # of 20\n\
hours = [\"09:00-21:00\"]\n\
[x-else]\n\
y = { z = 1 }\n";

    fn of(dotted: &str) -> FieldPath {
        FieldPath::of(dotted)
    }

    fn read() -> Document {
        Document::parse(FILE).expect("TOML")
    }

    #[test]
    fn what_nobody_changes_stays_byte_by_byte() {
        assert_eq!(read().to_text(), FILE);
        for text in [FILE.replace('\n', "\r\n"), format!("\u{feff}{FILE}")] {
            assert_eq!(Document::parse(&text).expect("TOML").to_text(), text);
        }
    }

    #[test]
    fn a_value_is_changed_in_its_place_and_the_remark_behind_it_stays() {
        let mut document = read();
        assert_eq!(document.text(&of("message.text.content")).as_deref(), Some("您好\n"));
        assert_eq!(document.text(&of("audience.exclude")).as_deref(), Some("退订.csv\n员工.csv"));
        document.set(&of("send.rate"), &Entered::Text("8/s".into()));
        let lines = ["退订.csv", "客服.csv", "测试.csv"].map(str::to_owned).to_vec();
        document.set(&of("audience.exclude"), &Entered::Lines(lines));
        let expected = FILE
            .replace("\"5/s\"", "\"8/s\"")
            .replace("  \"员工.csv\",\n]", "  \"客服.csv\",\n  \"测试.csv\",\n]");
        assert_eq!(document.to_text(), expected);
    }

    #[test]
    fn tables_are_made_beside_their_like_and_a_remark_outlives_what_it_was_about() {
        let mut document = read();
        document.set(&of("audience.window.column"), &Entered::Text("互动时间".into()));
        let text = document.to_text();
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
        assert!(
            place("[audience.window]") > place("exclude")
                && place("[audience.window]") < place("[message.text]")
        );
        document.remove(&of("audience.window"));
        document.set(&of("send.rate"), &Entered::Nothing);
        assert_eq!(document.to_text(), FILE.replace("rate = \"5/s\" # of 20\n", "# of 20\n"));
        document.set(&of("send.hours"), &Entered::Nothing);
        let text = document.to_text();
        assert!(text.contains("# Slow on purpose") && text.contains("# of 20"), "{text}");
        Document::parse(&text).expect("it is still TOML");
    }

    #[test]
    fn items_of_a_list_come_and_go() {
        let file =
            "[[message.msgmenu.list]]\nid = \"1\"\n# the second\n[[message.msgmenu.list]]\nid = \"2\"\n";
        let mut document = Document::parse(file).expect("TOML");
        let list = of("message.msgmenu.list");
        document.set(&list.index(2).key("id"), &Entered::Text("3".into()));
        document.keep_items(&list, &[1, 2]);
        assert_eq!(document.items(&list), 2);
        assert_eq!(document.text(&list.index(1).key("id")).as_deref(), Some("3"));
        assert!(document.to_text().contains("# the second"), "{}", document.to_text());
        let mut inline = Document::parse("[audience]\njoin = [{ file = \"a.csv\" }]\n").expect("TOML");
        inline.set(&of("audience.join").index(0).key("on"), &Entered::Text("编号".into()));
        assert_eq!(inline.to_text(), "[audience]\njoin = [{ file = \"a.csv\", on = \"编号\" }]\n");
        inline.keep_items(&of("audience.join"), &[]);
        assert_eq!(inline.to_text(), "[audience]\n");
    }
}
