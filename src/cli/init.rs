//! `wxcast init`: a working campaign to start from. It never overwrites anything.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::campaign::{describe, shape};
use crate::cli::args;
use crate::cli::exit_code::Exit;
use crate::cli::terminal::Terminal;
use crate::message::Kind;

const IGNORED: &str = ".wxcast/\n*.results.*\n*.rehearsal.*\n";

/// Writes a campaign of a kind into a folder.
pub fn run(args: &args::Init, terminal: &Terminal) -> Exit {
    let Some(kind) = Kind::find(&args.kind) else { return Exit::Usage };
    let (campaign, audience) = kind.example();
    let campaign = own(campaign, &identity(&args.dir, kind));
    let schema = describe::in_language(&shape::schema(), terminal.words.language());
    let schema = serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    let files: [(&str, &[u8]); 4] = [
        ("campaign.toml", campaign.as_bytes()),
        ("audience.csv", audience),
        ("campaign.schema.json", schema.as_bytes()),
        (".gitignore", IGNORED.as_bytes()),
    ];
    let existing: Vec<&str> =
        files.iter().map(|(name, _)| *name).filter(|name| args.dir.join(name).exists()).collect();
    if !existing.is_empty() {
        let (files, dir) = (existing.join(", "), args.dir.display());
        terminal.complain("exists", &[("files", &files), ("dir", &dir)]);
        return Exit::Usage;
    }
    for (name, content) in files {
        let path = args.dir.join(name);
        if let Err(error) = create(&path, content) {
            terminal.complain("cannot-write", &[("file", &path.display()), ("reason", &error)]);
            return Exit::Storage;
        }
        terminal.data(&format!("{}\n", crate::diagnostic::render::display(&path)));
    }
    let campaign = args.dir.join("campaign.toml");
    terminal.say("next.init", &[("campaign", &campaign.display())]);
    Exit::Ok
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

/// A campaign's identity from its folder's name, or from its kind where the name has no usable letter.
fn identity(dir: &Path, kind: Kind) -> String {
    let full = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let name = full.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let usable = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let slug: String = name.chars().map(usable).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { format!("{kind}-campaign") } else { slug.to_owned() }
}

fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(content)
}
