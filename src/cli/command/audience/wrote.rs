//! `wxcast audience wrote`: who wrote lately, from the account's own log of pushes, or from the records of service
//! accounts. No call tells whose window is open (docs/platform.md#windows).

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::campaign::duration;
use crate::campaign::moment::usual_zone;
use crate::campaign::window::Opened;
use crate::cli::command::audience::followers::titles;
use crate::cli::command::audience::listing::{Listing, Making};
use crate::cli::command::audience::session::{Session, Whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::audience_args::{self, Fetching};
use crate::cli::problem::Problem;
use crate::cli::sidecar::{Counts, Source};
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::diagnostic::unread;
use crate::gather::contacts::{Contact, Contacts, Counted, Did, Last};
use crate::gather::push::entry::Entry;
use crate::gather::push::table::{self, Unread};
use crate::gather::push::{self, Form};
use crate::report::list::Take;
use crate::wechat::people;

/// The columns beside the openid, by the names of their titles.
const COLUMNS: [&str; 3] = ["last", "by", "messages"];
/// The longest time that one call of records may be about (docs/platform.md#chat-records).
const SLICE: i64 = 86_400;
/// So many columns are named, with so many letters each.
const MOST_NAMES: usize = 10;
const MOST_OF_NAME: usize = 30;
/// A clock may be off by so much; what is further ahead is a wrong time.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Writes them.
pub(crate) fn run(args: &audience_args::Wrote, terminal: &Terminal) -> Result<Exit, Problem> {
    let since = duration::parse(&args.since);
    let since = since.and_then(|since| SignedDuration::try_from(since).ok());
    let since = since.ok_or_else(|| Problem::new(Exit::Usage, "gathered-since").with("text", &args.since))?;
    let whose = Whose::of(&args.of)?;
    let listing = Listing::insist(&args.output, &whose, args.state.dir())?;
    let now = Timestamp::now();
    let begin = now
        .checked_sub(since)
        .map_err(|_| Problem::new(Exit::Usage, "gathered-since").with("text", &args.since))?;
    let mut contacts = Contacts::new(begin.as_second(), (now + AHEAD).as_second());
    let source = Source::Wrote {
        since: begin,
        from: args.from.iter().map(|file| display(file)).collect(),
        online: args.online,
    };
    let made = Made { listing, source, since: args.since.clone(), at: now };
    if args.online {
        return online(args, whose, (begin.as_second(), now.as_second()), contacts, &made, terminal);
    }
    let mut read = Logs::default();
    for file in &args.from {
        read.file(file, &mut contacts)?;
    }
    read.insist_on_any(&args.from)?;
    read.tell(terminal);
    if read.encrypted > 0 && read.contacts == 0 {
        return Err(Problem::new(Exit::Invalid, "gathered-all-encrypted").with("count", read.encrypted));
    }
    if read.unreadable > 0 && read.contacts + read.nothing == 0 {
        return Err(Problem::new(Exit::Invalid, "gathered-all-unreadable").with("count", read.unreadable));
    }
    made.write(&whose, None, contacts, terminal)?;
    whose.next(terminal);
    Ok(Exit::Ok)
}

/// What the logs were made of.
#[derive(Debug, Clone, Copy, Default)]
struct Logs {
    contacts: u64,
    nothing: u64,
    encrypted: u64,
    unreadable: u64,
}

impl Logs {
    fn file(&mut self, file: &Path, contacts: &mut Contacts) -> Result<(), Problem> {
        let unreadable = |error| {
            let reason = unread::reason(file, error);
            Problem::new(Exit::Invalid, "cannot-read").with("file", display(file)).because(reason)
        };
        let mut each = |entry| match entry {
            Entry::Contact(contact) => {
                self.contacts += 1;
                contacts.add(&contact);
            }
            Entry::Nothing => self.nothing += 1,
            Entry::Encrypted => self.encrypted += 1,
            Entry::Unreadable => self.unreadable += 1,
        };
        let problem = |key| Problem::new(Exit::Invalid, key).with("file", display(file));
        match push::form_of(file).map_err(unreadable)? {
            Form::Log => push::read(file, &mut each).map_err(unreadable),
            Form::Table => table::read(file, &usual_zone(), &mut each).map_err(|unread| match unread {
                Unread::Faults(faults) => {
                    let faults = faults.into_iter().map(|fault| Problem::fault(file, fault));
                    faults.reduce(Problem::and).expect("a file that cannot be read has a fault")
                }
                Unread::NoColumn(name, columns) => {
                    problem("gathered-log-column").with("name", name).with("columns", shortened(&columns))
                }
            }),
            Form::Packed(ending) => Err(problem("gathered-log-packed").with("ending", ending)),
            Form::Binary => Err(problem("gathered-log-binary")),
            Form::Foreign => Err(no_push(std::slice::from_ref(&file.to_owned()))),
            // It may have been begun anew just now.
            Form::Empty => Ok(()),
        }
    }

    /// Insists that some push was found: a list that was made of another file would be of nobody.
    fn insist_on_any(&self, from: &[PathBuf]) -> Result<(), Problem> {
        let Self { contacts, nothing, encrypted, unreadable } = self;
        if contacts + nothing + encrypted + unreadable == 0 { Err(no_push(from)) } else { Ok(()) }
    }

    fn tell(&self, terminal: &Terminal) {
        let Self { contacts, nothing, encrypted, unreadable } = self;
        terminal.say("gathered.pushes", &[("count", contacts), ("nothing", nothing)]);
        if *encrypted > 0 {
            terminal.warn("gathered.encrypted", &[("count", encrypted)]);
        }
        if *unreadable > 0 {
            terminal.warn("gathered.unreadable", &[("count", unreadable)]);
        }
    }
}

fn no_push(files: &[PathBuf]) -> Problem {
    let files = files.iter().map(|file| display(file)).collect::<Vec<_>>().join(", ");
    Problem::new(Exit::Invalid, "gathered-no-push").with("files", files)
}

/// The first names of columns, each cut where it is no name any more.
fn shortened(names: &[String]) -> String {
    let cut = |name: &String| match name.char_indices().nth(MOST_OF_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.clone(),
    };
    let more = if names.len() > MOST_NAMES { ", …" } else { "" };
    names.iter().take(MOST_NAMES).map(cut).collect::<Vec<_>>().join(", ") + more
}

/// The file in the making.
struct Made {
    listing: Listing,
    source: Source,
    since: String,
    at: Timestamp,
}

impl Made {
    fn write(
        &self,
        whose: &Whose,
        host: Option<&str>,
        contacts: Contacts,
        terminal: &Terminal,
    ) -> Result<(), Problem> {
        let (people, counted) = contacts.last();
        tell(&counted, &self.since, terminal);
        let all = people.len() as u64;
        self.listing.insist_room(all)?;
        let counts = Counts { people: all, received: counted.opened, repeated: 0, total: None };
        let making = Making { whose, host, source: self.source.clone(), counts, at: self.at };
        let titles = titles(&terminal.words, &COLUMNS);
        let word = |opened: Opened| terminal.words.say(&format!("gathered.by.{}", name(opened)), &[]);
        let zone = usual_zone();
        let fill = |take: &mut Take<'_>| {
            for Last { openid, at, opened, messages } in &people {
                let at = Timestamp::from_second(*at).map_err(std::io::Error::other)?;
                let at = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
                take(&[openid, &at, &word(*opened), &messages.to_string()])?;
            }
            Ok(())
        };
        self.listing.write(making, &titles, fill, terminal)?;
        if people.is_empty() {
            terminal.warn("gathered.nobody", &[]);
        }
        Ok(())
    }
}

fn tell(counted: &Counted, since: &str, terminal: &Terminal) {
    let Counted { opened: _, repeated, older, future, left } = counted;
    for (key, count) in [("older", older), ("repeats", repeated), ("future", future), ("unfollowed", left)] {
        if *count > 0 {
            terminal.say(&format!("gathered.{key}"), &[("count", count), ("since", &since)]);
        }
    }
}

/// Its name in `locales/`, and what `[audience.window]` reads as the same again.
fn name(opened: Opened) -> &'static str {
    match opened {
        Opened::Message => "message",
        Opened::Menu => "menu",
        Opened::Follow => "follow",
        Opened::Scan => "scan",
        Opened::Enter => "enter",
        Opened::Payment => "pay",
    }
}

/// Asks for the records of service accounts, a day at a time.
fn online(
    args: &audience_args::Wrote,
    whose: Whose,
    (begin, end): (i64, i64),
    mut contacts: Contacts,
    made: &Made,
    terminal: &Terminal,
) -> Result<Exit, Problem> {
    let fetching = Fetching { anew: false, progress: args.progress, state: args.state.clone() };
    let session = Session::open(whose, &fetching, terminal)?;
    let asker = session.asker();
    let client = &asker.client;
    let mut counting = session.counting(&terminal.words.say("gathered.what.records", &[]));
    let mut records = 0;
    let fetched = session.wait(async {
        let mut from = begin;
        while from <= end {
            let until = end.min(from + SLICE - 1);
            let mut next = Some(1);
            while let Some(number) = next {
                let asked = asker
                    .ask(|token| async move { people::records(client, &token, (from, until), number).await });
                let page = asked.await?;
                for (index, wrote) in (number..).zip(page.wrote) {
                    records += 1;
                    let (did, id) = (Did::Opened(Opened::Message), format!("{from}/{index}"));
                    contacts.add(&Contact { openid: wrote.openid, at: wrote.at, did, id });
                }
                counting.at(records, None);
                next = page.next;
            }
            from = until + 1;
        }
        Ok(())
    });
    counting.finish();
    fetched?;
    if records == 0 {
        terminal.warn("gathered.no-records", &[]);
    }
    made.write(&session.whose, Some(&session.host), contacts, terminal)?;
    session.whose.next(terminal);
    Ok(Exit::Ok)
}
