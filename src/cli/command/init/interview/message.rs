//! The questions about the message, and the first finished one shown.

use std::io;

use toml::Value;

use crate::cli::command::init::columns::Columns;
use crate::cli::command::init::interview::answer::{is_address, is_in_message, is_link};
use crate::cli::command::init::interview::{Draft, Interview, Step};
use crate::cli::command::init::prompt::Reply;
use crate::cli::command::init::starter::Starter;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::place::FieldPath;
use crate::message::Kind;
use crate::plan::plan;
use crate::plan::renderer::{Renderer, SlotInput, variable_of};
use crate::report::preview;

impl Interview<'_> {
    /// Asks for the next field of the message that cannot be left out.
    pub(super) fn message(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
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
            if answer.is_empty() {
                return Err(self.words.say("init.no.text", &[]));
            }
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
    pub(super) fn confirm(&self, draft: &mut Draft) -> io::Result<Reply<()>> {
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
        let shown = preview::text(sample, &ids, starter.kind, false, self.words);
        // What is odd about the text is told before somebody says that it is right.
        let of_text = |fault: &&Diagnostic| !fault.is_error() && fault.at.field().is_some_and(is_in_message);
        let odd: Vec<Diagnostic> = plan.diagnostics.kept().iter().filter(of_text).cloned().collect();
        Some(if odd.is_empty() { shown } else { format!("{shown}{}\n", self.told(&odd)) })
    }

    /// What is asked for a field: its own question where the kind has one, or that of every field of its name.
    fn question(&self, kind: Kind, at: &FieldPath) -> String {
        let name = at.to_string();
        let name = name.rsplit('.').next().expect("a split has a first piece");
        let own = format!("init.field.{kind}-{name}");
        let key = if self.words.get(&own).is_some() { own } else { format!("init.field.{name}") };
        self.words.say(&key, &[])
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
