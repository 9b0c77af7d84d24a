//! What to do about a message and whom to ask, for whoever reads a spreadsheet: people who run no commands.

use crate::delivery::attempt::Incident;
use crate::delivery::cause::CauseName;
use crate::delivery::outcome::Status;
use crate::journal::record::{Recorded, RecordedCause};
use crate::locale::Catalog;
use crate::wechat::answer::error_code::{Class, class_of, key};

/// What begins a command or a flag in a sentence. Both stand between backticks.
const COMMANDS: [&str; 2] = ["`wxcast ", "`--"];

/// What a person should do about a message.
pub(crate) fn advice(words: &Catalog, status: Status, recorded: &Recorded) -> String {
    let text = match &recorded.cause {
        Some(RecordedCause::Answer { code: 0, .. } | RecordedCause::Unfamiliar(_)) => return String::new(),
        Some(RecordedCause::Answer { code, .. }) => words.say(&format!("errcode.{}.advice", key(*code)), &[]),
        Some(RecordedCause::Incident(incident)) => words.say(&incident.advice_key(), &[]),
        None => match status {
            Status::Unknown => words.say(&Incident::Crash.advice_key(), &[]),
            Status::Sent | Status::Refused | Status::Failed | Status::Skipped | Status::Unsent => {
                return String::new();
            }
        },
    };
    without_commands(&text, status, words)
}

/// The advice about a cause of a status.
pub(crate) fn of_cause(cause: &CauseName, status: Status, words: &Catalog) -> String {
    let text = match cause {
        CauseName::Code(code) => words.say(&format!("errcode.{}.advice", key(*code)), &[]),
        CauseName::Incident(incident) => words.say(&incident.advice_key(), &[]),
        CauseName::Unfamiliar(_) => return String::new(),
    };
    without_commands(&text, status, words)
}

/// A text without what it says of commands; in their place stands what comes of a message of this status otherwise.
fn without_commands(text: &str, status: Status, words: &Catalog) -> String {
    let (mut kept, mut cut) = (String::new(), false);
    for sentence in sentences(text) {
        match COMMANDS.iter().filter_map(|command| sentence.find(command)).min() {
            None => kept.push_str(sentence),
            Some(command) => {
                cut = true;
                kept.push_str(&before(sentence, command));
            }
        }
    }
    let kept = kept.trim_end();
    let instead = match status {
        Status::Refused => "refused",
        Status::Failed => "failed",
        Status::Unknown => "unknown",
        Status::Sent | Status::Skipped | Status::Unsent => return kept.to_owned(),
    };
    if !cut {
        return kept.to_owned();
    }
    let instead = words.say(&format!("results.then.{instead}"), &[]);
    match kept.is_empty() {
        true => instead,
        false => words.say("results.then.both", &[("advice", &kept), ("then", &instead)]),
    }
}

/// What a sentence says before the part that tells of a command, as a sentence; nothing where it begins with that.
fn before(sentence: &str, command: usize) -> String {
    let begun = &sentence[..command];
    let part = begun.rfind(['；', ';']).or_else(|| begun.rfind(['，', ',']));
    let Some(part) = part.map(|end| &begun[..end]) else { return String::new() };
    let end = if sentence.trim_end().ends_with('。') { "。" } else { ". " };
    format!("{part}{end}")
}

/// The sentences of a text, each with the blanks behind it.
fn sentences(text: &str) -> Vec<&str> {
    let (mut found, mut begin, mut is_code) = (Vec::new(), 0, false);
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        is_code ^= sign == '`';
        let next = signs.peek().map(|(_, next)| *next);
        let ends = sign == '。' || (sign == '.' && next.is_none_or(char::is_whitespace));
        if !ends || is_code {
            continue;
        }
        let mut end = at + sign.len_utf8();
        while let Some((at, blank)) = signs.next_if(|(_, next)| next.is_whitespace()) {
            end = at + blank.len_utf8();
        }
        found.push(&text[begin..end]);
        begin = end;
    }
    found.push(&text[begin..]);
    found
}

/// Whom to ask about a cause: the key of the words for it below `results.ask`.
pub(crate) fn asked(cause: &CauseName) -> &'static str {
    match cause {
        CauseName::Code(code) => match class_of(*code) {
            Class::Ok | Class::Recipient => "nobody",
            Class::Busy | Class::Throttle => "sender",
            Class::Token | Class::Account | Class::Quota => "administrator",
            Class::Content => "author",
            Class::NotForSending => "engineer",
        },
        CauseName::Incident(incident) => match incident {
            Incident::NotConnected
            | Incident::ConnectTimeout
            | Incident::Certificate
            | Incident::ProxyAuthorization
            | Incident::ProxyRefused
            | Incident::ProxyUnreached
            | Incident::Declined(_) => "network",
            Incident::TurnedAway(_)
            | Incident::Timeout
            | Incident::Broken
            | Incident::Status(_)
            | Incident::Unreadable
            | Incident::Crash
            | Incident::Aborted
            | Incident::NotBegun
            | Incident::Resolved => "sender",
        },
        CauseName::Unfamiliar(_) => "engineer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::wechat::answer::error_code::TABLE;

    #[test]
    fn no_advice_in_a_results_file_tells_of_a_command_and_none_is_blank() {
        for words in [Language::En, Language::ZhCn].map(Catalog::new) {
            for code in TABLE.iter().map(|known| known.code).filter(|code| *code != 0) {
                for status in [Status::Refused, Status::Failed] {
                    let told = of_cause(&CauseName::Code(code), status, &words);
                    assert!(
                        !told.is_empty() && !told.contains("--") && !told.contains("`wxcast "),
                        "{code}: {told}"
                    );
                }
            }
            let crash = of_cause(&CauseName::Incident(Incident::Crash), Status::Unknown, &words);
            assert!(!crash.contains("wxcast") && crash.chars().count() > 20, "{crash}");
        }
    }

    #[test]
    fn sentences_end_where_people_end_them_and_never_in_a_name() {
        assert_eq!(
            sentences("Cut `a.b. c` to 2.5 MB. Then run it."),
            ["Cut `a.b. c` to 2.5 MB. ", "Then run it.", ""]
        );
        assert_eq!(sentences("请检查。再发"), ["请检查。", "再发"]);
    }

    #[test]
    fn what_a_sentence_says_before_it_tells_of_a_command_stays() {
        let cut = |text: &str| {
            before(text, COMMANDS.iter().filter_map(|command| text.find(command)).min().expect("a command"))
        };
        assert_eq!(cut("请引导用户发来消息，届时加上 `--retry refused` 重新发送。"), "请引导用户发来消息。");
        assert_eq!(cut("会自动重试；仍然失败的，下次运行 `wxcast send` 时会再试。"), "会自动重试。");
        assert_eq!(cut("Then run `wxcast send` again; it goes on."), "");
    }
}
