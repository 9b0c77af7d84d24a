//! stdout is data, stderr is for people; a stream that nobody reads stops nothing.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::cli::line::args::{Color, Global, MaskOpenid, Progress};
use crate::diagnostic::path::slashed;
use crate::locale::visible::{is_github, steers, visible, visible_json};
use crate::locale::{Catalog, Language};
use crate::report::progress::Style;

/// A command as sentences name it with the campaign, and the flags without which it would be about something else.
#[derive(Debug, Clone)]
pub(crate) struct Repeated {
    /// The command.
    pub(crate) named: String,
    /// The flags, each with a blank before it.
    pub(crate) flags: Vec<String>,
}

/// What the program knows of where it runs.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Its sentences.
    pub(crate) words: Catalog,
    /// Whether stderr takes colours.
    pub(crate) color: bool,
    /// Whether stdout does.
    colors_data: bool,
    quiet: bool,
    /// Commands as sentences name them, and as they have to be named here.
    repeated: Vec<Repeated>,
    /// Where everything that is said goes instead of the streams, where a page asks and no person at a terminal.
    heard: Option<Mutex<Heard>>,
}

/// What a command said while nobody sat at a terminal.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What it would have written to stdout.
    pub(crate) data: Vec<u8>,
    /// What it would have written to stderr, a sentence each.
    pub(crate) said: Vec<Said>,
}

/// A sentence, with what it was made of where it came from the catalogue.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// Its key.
    pub(crate) key: Option<String>,
    /// What filled its places.
    pub(crate) places: Vec<(String, String)>,
    /// The sentence.
    pub(crate) text: String,
}

impl Terminal {
    /// From the flags and the streams.
    pub(crate) fn new(words: Catalog, flags: &Global, repeated: Vec<Repeated>) -> Self {
        let [color, colors_data] = [true, false].map(|on_stderr| colors(flags.color, on_stderr));
        Self { words, color, colors_data, quiet: flags.quiet, repeated, heard: None }
    }

    /// Without colours.
    pub(crate) fn plain(language: Language) -> Self {
        let words = Catalog::new(language);
        Self { words, color: false, colors_data: false, quiet: false, repeated: Vec::new(), heard: None }
    }

    /// One that keeps what is said for a page of the console. Nobody can be asked at it.
    pub(crate) fn listening(words: Catalog) -> Self {
        let heard = Some(Mutex::default());
        Self { words, color: false, colors_data: false, quiet: false, repeated: Vec::new(), heard }
    }

    /// One that keeps what is said to it, with the colours of this one.
    pub(crate) fn listener(&self) -> Self {
        let repeated = self.repeated.clone();
        let words = self.words.clone();
        Self {
            words,
            color: self.color,
            colors_data: self.colors_data,
            quiet: false,
            repeated,
            heard: Some(Mutex::default()),
        }
    }

    /// A place on the terminal that can be drawn over, where somebody reads and the terminal obeys.
    pub(crate) fn place(&self, wanted: bool) -> Option<Redrawn> {
        let obeys = io::stdout().is_terminal() && io::stderr().is_terminal() && !is_dumb();
        let redrawn = || Redrawn { term: console::Term::stdout(), color: self.colors_data, lines: 0 };
        (wanted && obeys && !self.quiet && self.heard.is_none()).then(redrawn)
    }

    /// What was said to one that listens.
    pub(crate) fn into_heard(self) -> Heard {
        let heard = self.heard.map(|heard| heard.into_inner().unwrap_or_else(PoisonError::into_inner));
        heard.expect("only one that listens is asked what it heard")
    }

    /// Hands it to whoever listens; tells whether somebody does.
    fn overheard(&self, listen: impl FnOnce(&mut Heard)) -> bool {
        let Some(heard) = &self.heard else { return false };
        listen(&mut heard.lock().unwrap_or_else(PoisonError::into_inner));
        true
    }

    /// Whether somebody reads at a terminal what goes to stdout.
    pub(crate) fn is_read(&self) -> bool {
        self.heard.is_none() && io::stdout().is_terminal()
    }

    /// A text, to stdout.
    pub(crate) fn data(&self, text: &str) {
        if self.overheard(|heard| heard.data.extend_from_slice(text.as_bytes())) {
            return;
        }
        Self::print(&visible(text, false));
    }

    /// Whether stdout takes colours.
    pub(crate) fn colors_data(&self) -> bool {
        self.colors_data
    }

    /// A text that may have colours of ours, to stdout.
    pub(crate) fn colorful(&self, text: &str) {
        if self.overheard(|heard| heard.data.extend_from_slice(text.as_bytes())) {
            return;
        }
        Self::print(&visible(text, self.colors_data));
    }

    /// A document, to stdout: as it is, but for what a terminal or GitHub would obey.
    pub(crate) fn document(&self, text: &str, form: Form) {
        if self.overheard(|heard| heard.data.extend_from_slice(text.as_bytes())) {
            return;
        }
        if !is_github() && !io::stdout().is_terminal() {
            return Self::print(text);
        }
        match form {
            Form::Text => Self::print(&visible(text, false)),
            Form::Json => Self::print(&visible_json(text)),
            // Its lines are commands that are meant; what they are about is escaped in them.
            Form::Commands => Self::print(text),
        }
    }

    /// A text that may be long, to stdout: as it is made, unless a terminal or GitHub would obey what stands in it.
    pub(crate) fn stream<T, E>(
        &self,
        write: impl FnOnce(&mut (dyn io::Write + Send)) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(heard) = &self.heard {
            return write(&mut heard.lock().unwrap_or_else(PoisonError::into_inner).data);
        }
        if !is_github() && !io::stdout().is_terminal() {
            return write(&mut io::stdout());
        }
        let mut text = Vec::new();
        let written = write(&mut text);
        Self::print(&visible(&String::from_utf8_lossy(&text), false));
        written
    }

    fn print(text: &str) {
        // Who closes stdout does not want the rest.
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// A value as JSON, to stdout.
    pub(crate) fn json(&self, value: &impl serde::Serialize) {
        let text =
            serde_json::to_string_pretty(value).expect("every report serialises: its keys are strings");
        if self.overheard(|heard| heard.data.extend_from_slice(text.as_bytes())) {
            return;
        }
        Self::print(&visible_json(&format!("{text}\n")));
    }

    /// A text for people, to stderr, unless they want quiet.
    pub(crate) fn tell(&self, text: &str) {
        let said = || Said { key: None, places: Vec::new(), text: text.trim_end().to_owned() };
        if self.overheard(|heard| heard.said.push(said())) {
            return;
        }
        if !self.quiet {
            let text = self.in_full(text);
            let _ = io::stderr().write_all(visible(&text, self.color).as_bytes());
        }
    }

    /// A text in which every command that is named has the flags that it needs.
    fn in_full(&self, text: &str) -> String {
        self.repeated.iter().fold(text.to_owned(), |text, Repeated { named, flags }| {
            // Some sentences have one of them already.
            let bare = flags.iter().fold(text, |text, flag| text.replace(&format!("{named}{flag}"), named));
            bare.replace(named, &format!("{named}{}", flags.concat()))
        })
    }

    /// A sentence for people, to stderr, unless they want quiet.
    pub(crate) fn say(&self, key: &str, places: &[(&str, &dyn Display)]) {
        let said = || Said {
            key: Some(key.to_owned()),
            places: places.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect(),
            text: self.words.say(key, places),
        };
        if self.overheard(|heard| heard.said.push(said())) {
            return;
        }
        self.tell(&format!("{}\n", self.words.say(key, places)));
    }

    /// The one command to run next, `next.<key>`, to stderr, unless they want quiet.
    pub(crate) fn next(&self, key: &str, campaign: &Path) {
        self.say(&format!("next.{key}"), &[("campaign", &argument(campaign))]);
    }

    /// What went wrong, to stderr, quiet or not. Only `cli::run` tells it: everything else hands a `Problem` up.
    pub(crate) fn complain(&self, text: &str) {
        let text = self.in_full(&format!("{}\n", self.words.headed("diagnostic.error", text)));
        let _ = io::stderr().write_all(visible(&text, self.color).as_bytes());
    }

    /// What is doubtful, to stderr, unless they want quiet.
    pub(crate) fn warn(&self, key: &str, places: &[(&str, &dyn Display)]) {
        self.warn_of(&self.words.say(key, places));
    }

    /// The same for a sentence that stands already.
    pub(crate) fn warn_of(&self, sentence: &str) {
        self.tell(&format!("{}\n", self.words.headed("diagnostic.warning", sentence)));
    }

    /// Asks for a yes. Anything else is a no, and so is a stdin that is closed.
    pub(crate) fn ask(&self, key: &str, places: &[(&str, &dyn Display)]) -> bool {
        let text = format!("{} ", self.words.say(key, places));
        let _ = io::stderr().write_all(visible(&text, self.color).as_bytes());
        let _ = io::stderr().flush();
        let mut answer = String::new();
        if io::stdin().read_line(&mut answer).is_err() {
            return false;
        }
        matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是" | "好")
    }

    /// Whether somebody is there to be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        self.heard.is_none() && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// How to show progress.
    pub(crate) fn progress(&self, wanted: Progress) -> Style {
        match wanted {
            Progress::None => Style::None,
            _ if self.quiet || self.heard.is_some() => Style::None,
            Progress::Bar => Style::Bar,
            Progress::Plain => Style::Plain,
            Progress::Auto if io::stderr().is_terminal() && !is_dumb() => Style::Bar,
            Progress::Auto => Style::Plain,
        }
    }
}

/// Lines of a terminal that are drawn anew in their place.
#[derive(Debug)]
pub(crate) struct Redrawn {
    term: console::Term,
    color: bool,
    /// How many lines of the terminal the last drawing took.
    lines: usize,
}

impl Redrawn {
    /// Shows what was said, and a last line, in the place of what was shown before.
    pub(crate) fn show(&mut self, heard: &Heard, last: Option<&str>) {
        let data = String::from_utf8_lossy(&heard.data);
        let said = heard.said.iter().map(|said| said.text.as_str());
        let texts: Vec<&str> = [data.trim_end()].into_iter().chain(said).chain(last).collect();
        let text = texts.join("\n");
        let text = visible(&text, self.color);
        let columns = usize::from(self.term.size().1).max(1);
        let rows = |line: &str| console::measure_text_width(line).div_ceil(columns).max(1);
        // What cannot be drawn is not seen; that stops nothing.
        let _ = self.term.clear_last_lines(self.lines).and_then(|()| self.term.write_line(&text));
        self.lines = text.lines().map(rows).sum();
    }
}

/// What a document on stdout is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines that people read, or markup.
    Text,
    /// JSON.
    Json,
    /// Commands for GitHub.
    Commands,
}

/// A path that is no UTF-8 text, as a shell reads it byte by byte; nothing where it is text.
#[cfg(unix)]
fn of_bytes(path: &Path) -> Option<String> {
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
    std::str::from_utf8(bytes).err()?;
    let mut quoted = String::from(if bytes.starts_with(b"-") { "$'./" } else { "$'" });
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => quoted.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => quoted.push(char::from(*byte)),
            other => quoted.push_str(&format!("\\x{other:02x}")),
        }
    }
    quoted.push('\'');
    Some(quoted)
}

/// A path as it can be pasted onto a command line: nothing in it is run, and none is taken for a flag.
pub(crate) fn argument(path: &Path) -> String {
    #[cfg(unix)]
    if let Some(quoted) = of_bytes(path) {
        return quoted;
    }
    let path = slashed(path);
    // A line break in quotes would begin a line of its own, here and in whatever shows it.
    if !cfg!(windows) && path.contains(|c: char| c.is_control() || steers(c)) {
        let escaped: String = path
            .chars()
            .map(|c| match c {
                '\'' | '\\' => format!("\\{c}"),
                c if c.is_control() || steers(c) => {
                    c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect()
                }
                c => c.to_string(),
            })
            .collect();
        let folder = if path.starts_with('-') { "./" } else { "" };
        return format!("$'{folder}{escaped}'");
    }
    let path = if path.starts_with('-') { format!("./{path}") } else { path };
    let plain = |c: char| c.is_alphanumeric() || "/:._-+@".contains(c) || cfg!(windows) && c == '\\';
    if path.chars().all(plain) {
        path
    } else if cfg!(windows) && !path.contains(['$', '`', '%']) {
        // Both shells of Windows know these quotes; the other kind only one of them.
        format!("\"{path}\"")
    } else {
        format!("'{}'", path.replace('\'', if cfg!(windows) { "''" } else { "'\\''" }))
    }
}

/// Whether colours are shown on stderr, or on stdout.
pub(crate) fn colors(when: Color, on_stderr: bool) -> bool {
    let term = if on_stderr { console::Term::stderr() } else { console::Term::stdout() };
    // To ask is also what makes a console of Windows understand colours.
    let able = term.features().colors_supported();
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => able && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Whether the terminal obeys no code that moves its cursor, as those of editors and of some CI systems.
pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether this is CI, going by what CI systems set.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// Whether openids are masked where people and CI logs read them.
pub(crate) fn masks(wanted: MaskOpenid) -> bool {
    match wanted {
        MaskOpenid::On => true,
        MaskOpenid::Off => false,
        MaskOpenid::Auto => is_ci(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_path_runs_nothing_and_is_no_flag() {
        if cfg!(windows) {
            return;
        }
        for (path, pasted) in [
            ("spring/campaign.toml", "spring/campaign.toml"),
            ("a b/c.toml", "'a b/c.toml'"),
            ("ev$(touch X)/c.toml", "'ev$(touch X)/c.toml'"),
            ("it's;rm/`c`.toml", "'it'\\''s;rm/`c`.toml'"),
            ("-hotel/c.toml", "./-hotel/c.toml"),
            ("!x&|<>~/c.toml", "'!x&|<>~/c.toml'"),
            ("-a'\n::error::\u{202e}\\x/c.toml", "$'./-a\\'\\x0a::error::\\xe2\\x80\\xae\\\\x/c.toml'"),
        ] {
            assert_eq!(argument(Path::new(path)), pasted);
        }
    }
}
