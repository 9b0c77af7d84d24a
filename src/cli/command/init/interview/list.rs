//! The questions about the list: which file, sheet and row, what is hidden, who the people are.

use std::io;
use std::path::Path;

use crate::audience::wishes::HiddenRows;
use crate::audience::workbook::parse::sheets;
use crate::campaign::template::OPENID;
use crate::cli::command::init::columns::{Titled, columns, columns_below};
use crate::cli::command::init::interview::answer::{path, sample};
use crate::cli::command::init::interview::{Draft, Interview, Step};
use crate::cli::command::init::prompt::Reply;
use crate::diagnostic::render::display;

impl Interview<'_> {
    pub(super) fn audience(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        self.terminal.say("init.no-list", &[]);
        let question = self.words.say("init.ask.audience", &[]);
        let appid = draft.starter.appid.clone().unwrap_or_else(|| "APPID".to_owned());
        let reply = self.prompt.ask(&question, None, |answer| {
            if answer.is_empty() {
                return Err(self.words.say("init.no.list", &[("appid", &appid)]));
            }
            if ["https://", "http://"].iter().any(|scheme| answer.starts_with(scheme)) {
                return Err(self.words.say("init.no.download", &[("answer", &answer)]));
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
            draft.starter.hidden_rows = None;
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
    pub(super) fn sheet(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
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
    pub(super) fn header_row(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
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
            draft.step = draft.after_columns();
        });
        if draft.step == Step::Openid {
            self.show_columns(draft)?;
        }
        Ok(reply)
    }

    /// Whether the rows that a filter or somebody's hand has hidden are left out: filtering is how people choose.
    pub(super) fn hidden(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
        let (count, rows) = draft.columns().hidden.clone().expect("it is asked of a list with hidden rows");
        self.terminal.say("init.hidden", &[("count", &count), ("rows", &rows)]);
        let question = self.words.say("init.ask.hidden", &[]);
        let (skip, keep) = (self.words.say("init.skip", &[]), self.words.say("init.include", &[]));
        let reply = self.prompt.ask(&question, Some(skip.clone()), |answer| match answer.to_lowercase() {
            answer if answer == skip.to_lowercase() || answer == "skip" => Ok(HiddenRows::Skip),
            answer if answer == keep.to_lowercase() || answer == "include" => Ok(HiddenRows::Include),
            _ => Err(self.words.say("init.no.answer", &[("yes", &skip), ("again", &keep)])),
        })?;
        let reply = draft.take(reply, Step::Openid, |draft, wish| draft.starter.hidden_rows = Some(wish));
        if draft.step == Step::Openid {
            self.show_columns(draft)?;
        }
        Ok(reply)
    }

    pub(super) fn openid(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
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
    pub(super) fn window(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
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
}
