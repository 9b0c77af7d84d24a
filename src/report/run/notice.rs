//! The notice of a run that has ended or paused: counts and what to do next, and never an openid or a text of a message.

use serde_json::{Value, json};

use crate::campaign::file::NotifyStyle;

/// What a notice says.
#[derive(Debug)]
pub(crate) struct Notice<'a> {
    /// What happened, in a line.
    pub(crate) title: String,
    /// The rest, a line each.
    pub(crate) lines: Vec<String>,
    /// The same for a program.
    pub(crate) facts: &'a Value,
}

impl Notice<'_> {
    /// The body that a service of this style takes.
    pub(crate) fn body(&self, style: NotifyStyle) -> Value {
        let list = || self.lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n");
        let markdown = || format!("### {}\n{}", self.title, list());
        match style {
            NotifyStyle::Json => self.facts.clone(),
            NotifyStyle::Wecom => json!({ "msgtype": "markdown", "markdown": { "content": markdown() } }),
            NotifyStyle::Feishu => {
                let text = format!("{}\n{}", self.title, self.lines.join("\n"));
                json!({ "msg_type": "text", "content": { "text": text } })
            }
            NotifyStyle::Dingtalk => {
                json!({ "msgtype": "markdown", "markdown": { "title": self.title, "text": markdown() } })
            }
        }
    }
}

/// Whether the answer to a notice says that it was taken. These services answer 200 whatever they think of it.
pub(crate) fn is_taken(style: NotifyStyle, status: u16, body: &[u8]) -> bool {
    let key = match style {
        NotifyStyle::Json => return (200..300).contains(&status),
        NotifyStyle::Wecom | NotifyStyle::Dingtalk => "errcode",
        NotifyStyle::Feishu => "code",
    };
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    status == 200 && answer.is_some_and(|answer| answer[key] == 0)
}
