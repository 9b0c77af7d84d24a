//! Which language to speak: `--lang`, then WXCAST_LANG, then the system's own.
//!
//! It is wanted before the command line is parsed, because help and usage errors are in it.

use std::ffi::OsString;

use crate::locale::Language;

/// What says a system's language, the more important first. An empty one says nothing.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// The language of this run, by the arguments as they were given and what surrounds the process.
pub(crate) fn choose(arguments: &[OsString]) -> Language {
    let flag = given(arguments, "--lang").and_then(|name| Language::parse(&name));
    let own = || variable("WXCAST_LANG").and_then(|name| Language::parse(&name));
    flag.or_else(own).or_else(system).unwrap_or_default()
}

/// The last value of a flag, wherever on the line it stands: `--lang zh-CN` or `--lang=zh-CN`.
pub(crate) fn given(arguments: &[OsString], flag: &str) -> Option<String> {
    let mut words = arguments.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let mut value = None;
    while let Some(word) = words.next() {
        if word == flag {
            value = words.next().map(|word| word.into_owned());
        } else if let Some(after) = word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
            value = Some(after.to_owned());
        }
    }
    value
}

/// The system's language. The first variable that is set decides, as it does for every other program; a locale
/// that is neither Chinese nor English is answered in English.
fn system() -> Option<Language> {
    match VARIABLES.iter().find_map(|name| variable(name)) {
        Some(name) => Language::parse(&name),
        None => of_the_desktop().and_then(|name| Language::parse(&name)),
    }
}

/// Windows and macOS know the language of their user without any variable.
#[cfg(any(windows, target_os = "macos"))]
fn of_the_desktop() -> Option<String> {
    sys_locale::get_locale()
}

#[cfg(not(any(windows, target_os = "macos")))]
fn of_the_desktop() -> Option<String> {
    None
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(line: &str) -> Option<String> {
        given(&line.split(' ').map(OsString::from).collect::<Vec<_>>(), "--lang")
    }

    #[test]
    fn the_flag_is_found_wherever_it_stands() {
        assert_eq!(flag("wxcast --lang zh-CN plan x").as_deref(), Some("zh-CN"));
        assert_eq!(flag("wxcast plan x --bad --lang=en").as_deref(), Some("en"));
        assert_eq!(flag("wxcast --lang en plan --lang zh-CN").as_deref(), Some("zh-CN"));
        assert_eq!(flag("wxcast plan --language zh-CN"), None);
        assert_eq!(flag("wxcast plan -- --lang zh-CN"), None);
        assert_eq!(flag("wxcast plan --lang"), None);
    }
}
