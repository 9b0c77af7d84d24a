//! `wxcast explain CODE`: a WeChat errcode or a diagnostic of wxcast.

use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::diagnostic::code::Code;
use crate::diagnostic::suggest::nearest;
use crate::locale::visible::one_line;
use crate::wechat::answer::error_code;

/// Explains a code.
pub(crate) fn run(args: &args::Explain, terminal: &Terminal) -> Result<Exit, Problem> {
    let code = args.code.trim();
    let told = match code.parse::<i64>() {
        Ok(number) => errcode(number, terminal),
        Err(_) => diagnostic(Code::find(code).ok_or_else(|| no_such_code(code))?, terminal),
    };
    terminal.data(&told);
    Ok(Exit::Ok)
}

fn no_such_code(code: &str) -> Problem {
    let code = one_line(code);
    let code = code.as_ref();
    match nearest(code, Code::ALL.iter().map(|code| code.slug())) {
        Some(near) => Problem::new(Exit::Usage, "no-such-code-near").with("code", code).with("near", near),
        None => Problem::new(Exit::Usage, "no-such-code").with("code", code),
    }
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
        ("diagnostic", words.say("explain.of-severity", &[("code", &code.slug()), ("severity", &severity)])),
        ("meaning", words.say(&format!("diagnostic.{}.title", code.slug()), &[])),
        ("advice", words.say(&format!("diagnostic.{}.help", code.slug()), &[])),
    ] {
        out.push_str(&words.say(&format!("explain.{label}"), &[("text", &text)]));
        out.push('\n');
    }
    out
}
