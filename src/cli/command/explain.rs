//! `wxcast explain CODE`: a WeChat errcode or a diagnostic of wxcast.

use std::path::Path;

use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::terminal::Terminal;
use crate::diagnostic::code::Code;
use crate::diagnostic::suggest::nearest;
use crate::wechat::answer::error_code;

/// Explains a code.
pub(crate) fn run(args: &args::Explain, terminal: &Terminal) -> Exit {
    let code = args.code.trim();
    if let Ok(number) = code.parse::<i64>() {
        terminal.data(&errcode(number, terminal));
        next(terminal);
        return Exit::Ok;
    }
    match Code::find(code) {
        Some(code) => {
            terminal.data(&diagnostic(code, terminal));
            next(terminal);
            Exit::Ok
        }
        None => {
            match nearest(code, Code::ALL.iter().map(|code| code.slug())) {
                Some(near) => terminal.complain("no-such-code-near", &[("code", &code), ("near", &near)]),
                None => terminal.complain("no-such-code", &[("code", &code)]),
            }
            Exit::Usage
        }
    }
}

/// Which campaign brought the code up is not known here.
fn next(terminal: &Terminal) {
    terminal.next("init", Path::new(&terminal.words.say("cli.value.CAMPAIGN", &[])));
}

fn errcode(number: i64, terminal: &Terminal) -> String {
    let words = &terminal.words;
    let known = error_code::find(number);
    let key = error_code::key(number);
    let mut out = String::new();
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&words.say(&format!("explain.{label}"), &[("text", &text)]));
            out.push('\n');
        }
    };
    line("errcode", &number.to_string());
    line("errmsg", known.map_or("", |known| known.errmsg));
    line("official", known.map_or("", |known| known.official));
    line("meaning", &words.say(&format!("errcode.{key}.meaning"), &[]));
    let class = error_code::class_of(number);
    line("effect", &words.say(&format!("class.{}", class.name()), &[]));
    line("advice", &words.say(&format!("errcode.{key}.advice"), &[]));
    out
}

fn diagnostic(code: Code, terminal: &Terminal) -> String {
    let words = &terminal.words;
    let mut out = String::new();
    let severity = words.say(&format!("diagnostic.{}", code.severity().name()), &[]);
    for (label, text) in [
        ("diagnostic", format!("{} ({severity})", code.slug())),
        ("meaning", words.say(&format!("diagnostic.{}.title", code.slug()), &[])),
        ("advice", words.say(&format!("diagnostic.{}.help", code.slug()), &[])),
    ] {
        out.push_str(&words.say(&format!("explain.{label}"), &[("text", &text)]));
        out.push('\n');
    }
    out
}
