//! `wxcast audience check`: the campaign's audience, and of each person whether they follow. 45015 says of people only
//! that they cannot be written to; this tells who has left from who has not written for too long.

use std::io;

use sha2::{Digest as _, Sha256};

use crate::audience::openid;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::campaign::Campaign;
use crate::cli::command::audience::halted::Unwritten;
use crate::cli::command::audience::listing::{Listing, Making};
use crate::cli::command::audience::session::{Session, Whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::audience_args;
use crate::cli::problem::Problem;
use crate::cli::sidecar::{Counts, Source};
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::display;
use crate::gather::kept::{Kept, Lines};
use crate::gather::profiles::{self, Known};
use crate::gather::selection::People;
use crate::report::list::{Take, Titles};

/// What the platform calls it, in every language.
const COLUMN: &str = "subscribe";

/// Writes them.
pub(crate) fn run(args: &audience_args::Check, terminal: &Terminal) -> Result<Exit, Problem> {
    let whose = Whose::of_campaign(&args.campaign)?;
    let listing = Listing::insist(&args.output, &whose, args.fetching.state.dir())?;
    let session = Session::open(whose, &args.fetching, terminal)?;
    let campaign = session.whose.campaign.as_deref().expect("it was loaded");
    crate::own_file::make_folder(&session.folder)
        .map_err(|error| Problem::new(Exit::Storage, "gathered-disk").because(error))?;
    let audience = Audience::read(campaign, &session)?;
    listing.insist_room(audience.rows)?;
    let words = &terminal.words;
    let what = words.say("gathered.what.profiles", &[]);
    let mut kept = session.kept(&format!("check{}", &audience.sha256[..16]), None, &what)?;
    let mut counting = session.counting(&what);
    let Audience { mut people, asked, rows, titles, sha256 } = audience;
    let fetched =
        session.wait(profiles::fetch(session.asker(), &mut people, asked, &mut kept, &mut |mark| {
            counting.at(mark.lines, mark.total);
        }));
    counting.finish();
    fetched?;
    let counts = Counts { people: rows, received: asked, ..Counts::default() };
    let source = Source::Check { audience: display(&campaign.audience.source.path) };
    let host = Some(session.host.as_str());
    let making = Making { whose: &session.whose, host, source, counts, at: session.age([&kept]) };
    let mut found = Found::default();
    let sheet = Titles { names: titles, openid: 0, sheet: words.say("gathered.sheet", &[]) };
    let sheet = Titles { openid: openid_column(campaign, &sheet.names), ..sheet };
    let fill = |take: &mut Take<'_>| told(campaign, &kept, &sha256, &mut found, take);
    listing.write(making, &sheet, fill, terminal)?;
    kept.done();
    let Found { follows, left, unknown } = found;
    terminal.say("gathered.checked", &[("follows", &follows), ("left", &left), ("unknown", &unknown)]);
    session.whose.next(terminal);
    Ok(Exit::Ok)
}

/// How many of the rows are of whom.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    follows: u64,
    left: u64,
    /// Nobody's, or of people whom the account does not know.
    unknown: u64,
}

/// The audience as it was read first.
struct Audience {
    people: People,
    /// How many of its rows have an openid.
    asked: u64,
    rows: u64,
    titles: Vec<String>,
    /// Of the openids, so that it is noticed when the file changes.
    sha256: String,
}

fn openid_column(campaign: &Campaign, names: &[String]) -> usize {
    names.iter().position(|name| *name == campaign.audience.openid_column).unwrap_or(0)
}

fn open(campaign: &Campaign) -> Result<(Reader, usize), Problem> {
    let source = &campaign.audience.source;
    let faulty = |fault| Problem::fault(&source.path, fault);
    let reader = Reader::open(source).map_err(|unreadable| {
        let faults = unreadable.faults.into_iter().filter(Diagnostic::is_error).map(faulty);
        faults.reduce(Problem::and).expect("a file that cannot be read has a fault")
    })?;
    let name = &campaign.audience.openid_column;
    let column = reader.header().position(name).ok_or_else(|| {
        Problem::new(Exit::Invalid, "no-openid-column").with("file", display(&source.path)).with("name", name)
    })?;
    Ok((reader, column))
}

impl Audience {
    fn read(campaign: &Campaign, session: &Session<'_>) -> Result<Self, Problem> {
        let path = &campaign.audience.source.path;
        let (mut reader, column) = open(campaign)?;
        let mut titles: Vec<String> = reader.header().names().map(str::to_owned).collect();
        if !titles.iter().any(|name| name == COLUMN) {
            titles.push(COLUMN.to_owned());
        }
        let (mut asked, mut rows, mut hash) = (0, 0, Sha256::new());
        let people = People::of::<Unread>(&session.folder, |each| {
            let mut row = Row::default();
            while reader.read(&mut row).map_err(Unread::of)?.is_some() {
                rows += 1;
                let openid = row.cells().map_err(Unread::of)?.or_blank(column);
                hash.update(openid);
                hash.update([0]);
                if openid::check(openid).is_ok() {
                    asked += 1;
                    each(openid)?;
                }
            }
            Ok(())
        });
        let people = people.map_err(|unread| match unread {
            Unread::Fault(fault) => Problem::fault(path, *fault),
            Unread::Disk(error) => Problem::new(Exit::Storage, "gathered-disk").because(error),
        })?;
        Ok(Self { people, asked, rows, titles, sha256: hex(hash) })
    }
}

/// Why an audience cannot be read.
enum Unread {
    Fault(Box<Diagnostic>),
    Disk(io::Error),
}

impl Unread {
    fn of(fault: Diagnostic) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hands over every row with what the platform said of it.
fn told(
    campaign: &Campaign,
    kept: &Kept,
    sha256: &str,
    found: &mut Found,
    take: &mut Take<'_>,
) -> Result<(), Unwritten> {
    // What can be wrong with it was told at the first reading.
    let (mut reader, column) = open(campaign).map_err(|_| Unwritten::Changed)?;
    let place = reader.header().names().position(|name| name == COLUMN);
    let (mut lines, mut row, mut hash) = (kept.read()?, Row::default(), Sha256::new());
    while reader.read(&mut row).map_err(|_| Unwritten::Changed)?.is_some() {
        let cells = row.cells().map_err(|_| Unwritten::Changed)?;
        let openid = cells.or_blank(column);
        hash.update(openid);
        hash.update([0]);
        let follows = if openid::check(openid).is_ok() { next(&mut lines, openid)? } else { None };
        let word = match follows {
            Some(true) => {
                found.follows += 1;
                "1"
            }
            Some(false) => {
                found.left += 1;
                "0"
            }
            None => {
                found.unknown += 1;
                ""
            }
        };
        let mut out: Vec<&str> = (0..reader.header().width()).map(|cell| cells.or_blank(cell)).collect();
        match place {
            Some(place) => out[place] = word,
            None => out.push(word),
        }
        take(&out)?;
    }
    if hex(hash) == sha256 { Ok(()) } else { Err(Unwritten::Changed) }
}

/// What the platform said of the next person, who must be this one.
fn next(lines: &mut Lines, openid: &str) -> Result<Option<bool>, Unwritten> {
    let known = lines.next()?.map(Known::parse).transpose()?.filter(|known| known.openid == openid);
    known.map(|known| known.follows).ok_or(Unwritten::Changed)
}
