//! Texts on their way to a terminal or a log: nothing in them steers either.
//!
//! Cells, names of files and sheets, and what servers answer may hold control characters. A terminal obeys them, a log
//! may hide lines behind them, and GitHub takes lines of a job's log for commands. This is the one place where all of
//! that ends.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this may be a job of GitHub, which reads commands from what is printed. A container of such a job is told
/// nothing of it, and often no more than that it is CI.
static GITHUB: LazyLock<bool> = LazyLock::new(|| {
    let set = |name| std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    set("GITHUB_ACTIONS") || set("CI")
});

/// Whether the command line says that what is printed travels.
static TRAVELS: AtomicBool = AtomicBool::new(false);

/// From here on no line is a command of GitHub, whatever the environment says.
pub(crate) fn guard_lines() {
    TRAVELS.store(true, Ordering::Relaxed);
}

/// Whether what is printed may be read by GitHub for commands.
pub(crate) fn is_github() -> bool {
    *GITHUB || TRAVELS.load(Ordering::Relaxed)
}

/// Whether a character steers what shows it, instead of being shown: control characters but line feed and tab, and
/// what turns the direction of writing or parts lines and paragraphs.
pub(crate) fn steers(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

/// A text for people. Colours of ours stay where there are colours.
pub(crate) fn visible(text: &str, colored: bool) -> Cow<'_, str> {
    told(text, colored, is_github())
}

/// A text for files that people open: the same on every computer.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    told(text, false, false)
}

/// A text that stays on the line it begins on, so that nothing in it looks like a line of ours.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c == '\n' || steers(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c == '\n' || steers(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// A command as one line in which its arguments can be told apart.
pub(crate) fn command_line(command: &[String]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/:._-+@=,%\\".contains(c);
    let quoted = command.iter().map(|argument| {
        if !argument.is_empty() && argument.chars().all(plain) {
            argument.clone()
        } else {
            format!("'{}'", one_line(argument).replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

fn told(text: &str, colored: bool, github: bool) -> Cow<'_, str> {
    let escaped = if text.contains(steers) { Cow::Owned(escape(text, colored)) } else { Cow::Borrowed(text) };
    if github && escaped.contains([':', '#']) { Cow::Owned(without_commands(&escaped)) } else { escaped }
}

fn escape(text: &str, colored: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let color = if colored { color_at(rest) } else { 0 };
        if color > 0 {
            out.push_str(&rest[..color]);
            rest = &rest[color..];
            continue;
        }
        if steers(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// How many bytes at the beginning of a text set a colour: ESC, `[`, digits and semicolons, `m`.
fn color_at(text: &str) -> usize {
    let Some(after) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
    if after[end..].starts_with('m') { 2 + end + 1 } else { 0 }
}

/// A text in which GitHub finds no command: it looks for `::` where a line begins and for `##[` anywhere.
fn without_commands(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let begin = line.len() - line.trim_start().len();
        let line = if line[begin..].starts_with("::") {
            format!("{}: {}", &line[..begin], &line[begin + 1..])
        } else {
            line.to_owned()
        };
        line.replace("##[", "## [")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// JSON that says the same without such characters and commands.
pub(crate) fn visible_json(json: &str) -> Cow<'_, str> {
    if !json.contains(steers) && !json.contains("##[") {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        // JSON has no others than these outside its texts.
        if steers(c) && c != '\r' {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out.replace("##[", "##\\u005b"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_shown_and_the_rest_left_alone() {
        for (text, shown) in [
            ("plain\n\t你好 👨‍👩‍👧", "plain\n\t你好 👨‍👩‍👧"),
            ("\u{1b}[2J\u{1b}]0;x\u{7}", "\\u{1b}[2J\\u{1b}]0;x\\u{7}"),
            ("a\rb\u{7f}\u{9b}31m", "a\\u{d}b\\u{7f}\\u{9b}31m"),
            ("\u{202e}gnp.exe\u{2028}\u{200f}\u{2066}", "\\u{202e}gnp.exe\\u{2028}\\u{200f}\\u{2066}"),
        ] {
            assert_eq!(told(text, false, false), shown);
        }
    }

    #[test]
    fn colours_stay_where_there_are_colours_and_nothing_else_does() {
        let text = "\u{1b}[1;31merror\u{1b}[0m \u{1b}[2J\u{1b}[31";
        assert_eq!(told(text, true, false), "\u{1b}[1;31merror\u{1b}[0m \\u{1b}[2J\\u{1b}[31");
        assert!(!told(text, false, false).contains('\u{1b}'));
    }

    #[test]
    fn no_line_is_a_command_of_github() {
        let text = "x\n::stop-commands::y\n  ::error::z\na ##[error]b\n12:30::5";
        let shown = told(text, false, true);
        assert_eq!(shown, "x\n: :stop-commands::y\n  : :error::z\na ## [error]b\n12:30::5");
        assert_eq!(told(text, false, false), text);
    }

    #[test]
    fn a_text_stays_on_its_line() {
        assert_eq!(one_line("春季\n::error::x\u{1b}[1m\t!"), "春季\\u{a}::error::x\\u{1b}[1m\t!");
        assert_eq!(one_line("春季促销"), "春季促销");
    }

    #[test]
    fn a_command_is_one_line_whose_arguments_can_be_told_apart() {
        let command = ["sh", "-c", "echo 'a'; b", "", "x\ny"].map(str::to_owned);
        assert_eq!(command_line(&command), "sh -c 'echo '\\''a'\\''; b' '' 'x\\u{a}y'");
    }

    #[test]
    fn json_says_the_same_without_them() {
        let json = "{\"a\":\"\u{9b}\u{202e}##[error]x\"}";
        let shown = visible_json(json);
        assert!(!shown.contains(steers) && !shown.contains("##["), "{shown}");
        let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
        assert_eq!(read(&shown), read(json));
    }
}
