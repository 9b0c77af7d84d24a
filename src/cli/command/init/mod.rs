//! `wxcast init`: a working campaign to start from. It never overwrites anything.
//!
//! Whoever sits at a terminal and names no kind is asked for what a campaign needs; otherwise nothing is asked and the
//! example of a kind is written.

pub(in crate::cli::command) mod columns;
mod interview;
mod prompt;
pub(in crate::cli::command) mod starter;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Zoned;

use crate::campaign::{describe, schema};
use crate::cli::command::init::interview::Interview;
use crate::cli::command::init::prompt::Reply;
use crate::cli::command::init::starter::Starter;
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::locale;
use crate::locale::sentence::Sentence;
use crate::message::Kind;
use crate::plan::digest::Digest;
use crate::plan::{locate, plan_validated};
use crate::report::plan::text;

pub(in crate::cli::command) const CAMPAIGN: &str = "campaign.toml";
const AUDIENCE: &str = "audience.csv";
const SCHEMA: &str = "campaign.schema.json";
const IGNORE: &str = ".gitignore";
const IGNORED: &str =
    ".wxcast/\n.wxcast-*\n*.results.*\nresults.*\n*.local.*\n*.rehearsal.*\n*.journal.jsonl\n";

/// Writes a campaign into a folder.
pub(crate) fn run(args: &args::Init, terminal: &Terminal) -> Result<Exit, Problem> {
    match (&args.dir, &args.kind) {
        (dir, None) if terminal.is_interactive() => lead(dir.as_deref(), terminal),
        (Some(dir), kind) => example(dir, kind.as_deref(), terminal),
        (None, _) => Err(Problem::new(Exit::Usage, "no-dir")),
    }
}

/// Writes the example of a kind.
fn example(dir: &Path, kind: Option<&str>, terminal: &Terminal) -> Result<Exit, Problem> {
    let kind =
        kind.map_or(Kind::Text, |kind| Kind::find(kind).expect("the command line takes no other kind"));
    let (campaign, audience) = kind.example();
    let campaign = locale::example(&own(campaign, &identity(dir, kind)), terminal.words.language());
    let files = [(CAMPAIGN, campaign.as_bytes()), (AUDIENCE, audience)];
    let campaign = write(dir, &files, terminal)?;
    terminal.next("init", &campaign);
    Ok(Exit::Ok)
}

/// Asks for what a campaign needs, writes it, and plans it as it was written. Where nobody can answer any more, nothing
/// is written.
fn lead(dir: Option<&Path>, terminal: &Terminal) -> Result<Exit, Problem> {
    let gone = |_: io::Error| Problem::note(Exit::Interrupted, "init.nothing");
    let interview = Interview::new(terminal);
    loop {
        let dir = match dir {
            Some(dir) => dir.to_owned(),
            None => {
                let refuse = |dir: &Path| taken(dir, &[CAMPAIGN]).map(|taken| taken.say(&terminal.words));
                interview.folder(refuse).map_err(gone)?
            }
        };
        insist_on_room(&dir, &[CAMPAIGN])?;
        // What it is called in the end is known when its name is.
        let starter =
            Starter::new(dir.join(CAMPAIGN), "campaign".to_owned(), Kind::Text, terminal.words.language());
        let identity = |title: &str, kind| dated(title, &dir, kind, &Zoned::now());
        // Back from the first of its questions leads to that of the folder.
        if let Reply::Given(starter) = interview.campaign(starter, identity).map_err(gone)? {
            return write_and_plan(&dir, &starter, terminal);
        }
    }
}

/// What is wrong with the audience's rows keeps the campaign from being sent, not from being written.
fn write_and_plan(dir: &Path, starter: &Starter, terminal: &Terminal) -> Result<Exit, Problem> {
    let path = write(dir, &[(CAMPAIGN, starter.text().as_bytes())], terminal)?;
    let validated = starter.judged();
    let mut plan = plan_validated(&validated, &mut ());
    locate(&validated, &mut plan);
    let faults = plan.diagnostics;
    if faults.errors() > 0 {
        return Err(Problem::faults(faults, validated.sources).next("init", &path));
    }
    terminal.tell(&text::faults(&faults, &validated.sources, &terminal.words, terminal.color));
    let ready = if faults.warnings() > 0 { "init.ready-warned" } else { "init.ready" };
    let places: [(&str, &dyn std::fmt::Display); 3] =
        [("planned", &plan.counts.planned), ("rows", &plan.counts.rows()), ("warnings", &faults.warnings())];
    terminal.say(ready, &places);
    terminal.next("plan", &path);
    Ok(Exit::Ok)
}

/// Writes files and what goes with every campaign, and gives the campaign file's path. If one of them is there
/// already, none is written.
pub(in crate::cli::command) fn write(
    dir: &Path,
    files: &[(&str, &[u8])],
    terminal: &Terminal,
) -> Result<PathBuf, Problem> {
    let schema = describe::in_language(&schema::schema(), terminal.words.language());
    let schema = serde_json::to_string_pretty(&schema).expect("JSON values always serialise") + "\n";
    let mut files = files.to_vec();
    files.extend([(SCHEMA, schema.as_bytes()), (IGNORE, IGNORED.as_bytes())]);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    insist_on_room(dir, &names)?;
    for (name, content) in files {
        let path = dir.join(name);
        create(&path, content).map_err(|error| Problem::cannot_write(&path, error))?;
        terminal.data(&format!("{}\n", display(&path)));
    }
    Ok(dir.join(CAMPAIGN))
}

/// Insists that none of the files is there already.
fn insist_on_room(dir: &Path, names: &[&str]) -> Result<(), Problem> {
    taken(dir, names).map_or(Ok(()), |taken| Err(Problem::said(Exit::Usage, taken)))
}

/// The sentence about those of the files that are there already.
fn taken(dir: &Path, names: &[&str]) -> Option<Sentence> {
    // The list, as a rule, which was dragged here.
    if dir.is_file() {
        return Some(Sentence::new("error.no-folder").with("file", display(dir)));
    }
    let existing: Vec<&str> = names.iter().copied().filter(|name| dir.join(name).exists()).collect();
    let files = existing.join(", ");
    (!existing.is_empty())
        .then(|| Sentence::new("error.exists").with("files", files).with("dir", display(dir)))
}

/// The example as a campaign of its own: another identity, and the schema beside it.
fn own(example: &str, identity: &str) -> String {
    let mut lines: Vec<String> = example.lines().map(str::to_owned).collect();
    if let Some(first) = lines.first_mut().filter(|first| first.starts_with("#:schema")) {
        "#:schema campaign.schema.json".clone_into(first);
    }
    if let Some(id) = lines.iter_mut().find(|line| line.starts_with("id = ")) {
        *id = format!("id = \"{identity}\"");
    }
    lines.join("\n") + "\n"
}

/// A campaign's identity from its folder's name, and with the time where an identity can have only part of the name: 春节2026
/// and 端午2026 are two.
fn identity(dir: &Path, kind: Kind) -> String {
    let name = name_of(dir);
    let slug = slug(&name);
    if slug.is_empty() || is_lossy(&name) { dated(&name, dir, kind, &Zoned::now()) } else { slug }
}

/// A campaign's identity from its title, or its folder, or its kind, with the day: next year's spring sale is another
/// campaign. Where letters of the title are lost, the time keeps two campaigns of one day apart, and what stands for title
/// and folder two of one second.
pub(in crate::cli::command) fn dated(title: &str, dir: &Path, kind: Kind, now: &Zoned) -> String {
    let names = [title, &name_of(dir)].map(slug);
    let name = names.into_iter().find(|slug| !slug.is_empty()).unwrap_or_else(|| kind.to_string());
    if !is_lossy(title) {
        return format!("{name}-{}", now.strftime("%Y-%m-%d"));
    }
    let folder =
        fs::canonicalize(dir).or_else(|_| std::path::absolute(dir)).unwrap_or_else(|_| dir.to_owned());
    let digest = Digest::of(format!("{title}\n{}", folder.display()).as_bytes()).to_string();
    let short: String = digest.chars().skip_while(|c| *c != ':').skip(1).take(4).collect();
    format!("{name}-{}-{short}", now.strftime("%Y-%m-%d-%H%M%S"))
}

/// Whether a name has letters that an identity cannot have.
fn is_lossy(name: &str) -> bool {
    name.chars().any(|c| c.is_alphanumeric() && !c.is_ascii())
}

/// The name of a folder, blank for the root of a disk.
fn name_of(dir: &Path) -> String {
    let full = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    full.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The letters and digits of a name that an identity may have.
fn slug(name: &str) -> String {
    let usable = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let mut slug: String = name.to_lowercase().chars().map(usable).take(40).collect();
    while slug.contains("--") {
        slug = slug.replace("--", "-");
    }
    slug.trim_matches('-').to_owned()
}

fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn campaigns_with_chinese_names_are_told_apart() {
        let at = |time: &str| -> Zoned {
            format!("2026-03-08T{time}+08:00[+08:00]").parse().unwrap_or_else(|error| panic!("{error}"))
        };
        let id = |title: &str, time: &str| dated(title, Path::new("春"), Kind::Text, &at(time));
        assert_eq!(id("Spring Sale 2026!", "10:42:00"), "spring-sale-2026-2026-03-08");
        let apart = |title: &str, time: &str, begins: &str| {
            let id = id(title, time);
            let rest = id.strip_prefix(begins).unwrap_or_else(|| panic!("{id}")).to_owned();
            assert!(rest.len() == 4 && rest.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
            rest
        };
        let (one, other) = (
            apart("五一", "10:42:01", "text-2026-03-08-104201-"),
            apart("端午", "10:42:01", "text-2026-03-08-104201-"),
        );
        assert_ne!(one, other, "two of one second are two campaigns");
        apart("双11", "10:43:00", "11-2026-03-08-104300-");
    }
}
