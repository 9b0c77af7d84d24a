//! `wxcast audience followers`: everybody who follows the account.

use std::collections::HashMap;
use std::io;

use jiff::Timestamp;

use crate::campaign::moment::usual_zone;
use crate::cli::command::audience::halted::Unwritten;
use crate::cli::command::audience::listing::{Listing, Making};
use crate::cli::command::audience::session::{Session, Taken, Whose, name};
use crate::cli::exit_code::Exit;
use crate::cli::line::audience_args;
use crate::cli::problem::Problem;
use crate::cli::sidecar::{Counts, Source, together};
use crate::cli::terminal::Terminal;
use crate::gather::kept::{Kept, Mark, resting_on};
use crate::gather::profiles::{self, Known};
use crate::gather::repeats::Repeats;
use crate::gather::selection::{People, Selection, Set, Sifted};
use crate::locale::Catalog;
use crate::report::list::{Take, Titles};
use crate::wechat::people::{self, Listed};

/// The columns beside the openid, by the names of their titles.
const COLUMNS: [&str; 6] = ["unionid", "since", "tags", "remark", "source", "scene"];
/// What the list of their profiles is kept as, with the moment of the list of people behind it.
const PROFILES: &str = "profiles";

/// Writes them.
pub(crate) fn run(args: &audience_args::Followers, terminal: &Terminal) -> Result<Exit, Problem> {
    let whose = Whose::of(&args.of)?;
    let listing = Listing::insist(&args.output, &whose, args.fetching.state.dir())?;
    let session = Session::open(whose, &args.fetching, terminal)?;
    let words = &terminal.words;
    let followers = if listing.is_endless() && !args.info && !args.not_blacklisted {
        match as_they_come(&session, &listing, terminal)? {
            Written::Whole => {
                session.whose.next(terminal);
                return Ok(Exit::Ok);
            }
            Written::Repeated(followers) => followers,
        }
    } else {
        let what = words.say("gathered.what.followers", &[]);
        let mut followers = session.kept(&name(Listed::Followers), args.info.then_some(PROFILES), &what)?;
        session.complete_list(Listed::Followers, &mut followers, &what)?;
        followers
    };
    let blacklist = match args.not_blacklisted {
        true => Some(session.list(Listed::Blacklist, &words.say("gathered.what.blacklist", &[]))?),
        false => None,
    };
    let disk = |error: io::Error| Problem::new(Exit::Storage, "gathered-disk").because(error);
    let not = blacklist.iter().map(Set::of_kept).collect::<Result<_, _>>().map_err(disk)?;
    let selection =
        Selection { any: vec![Box::new(|each| followers.lines(each))], not, ..Selection::default() };
    let (people, sifted) = selection.into_file(&session.folder).map_err(disk)?;
    listing.insist_room(sifted.kept)?;
    let total = followers.mark().total;
    tell(total, &sifted, blacklist.is_some(), terminal);
    let counts = Counts { people: sifted.kept, received: sifted.read, repeated: sifted.repeated, total };
    let source = Source::Followers { info: args.info, not_blacklisted: args.not_blacklisted };
    let host = Some(session.host.as_str());
    // The profiles are younger than the list they are of.
    let at = session.age(std::iter::once(&followers).chain(&blacklist));
    let making = Making { whose: &session.whose, host, source, counts, at };
    let profiles = if args.info {
        let of = (sifted.kept, followers.mark());
        let (titles, profiles, tags) = with_profiles(&session, people, of, words)?;
        listing.write(making, &titles, |take| Ok(rows(&profiles, &tags, words, take)?), terminal)?;
        Some(profiles)
    } else {
        let titles = titles(words, &[]);
        listing.write(making, &titles, |take| Ok(people.each(&mut |openid| take(&[openid]))?), terminal)?;
        None
    };
    [Some(followers), blacklist, profiles].into_iter().flatten().for_each(Kept::done);
    session.whose.next(terminal);
    Ok(Exit::Ok)
}

/// What came of writing people while they come.
enum Written {
    /// The file.
    Whole,
    /// None: somebody stands in the list twice.
    Repeated(Kept),
}

/// Writes the openids while the pages come: nothing has to be known of all of them but that nobody stands there twice,
/// which is seldom so.
fn as_they_come(session: &Session<'_>, listing: &Listing, terminal: &Terminal) -> Result<Written, Problem> {
    let words = &terminal.words;
    let what = words.say("gathered.what.followers", &[]);
    let mut followers = session.kept(&name(Listed::Followers), None, &what)?;
    let mut repeats = Repeats::new(&session.folder);
    let filled = listing.fill(&titles(words, &[]), |take| {
        followers.lines::<Unwritten>(&mut |openid| {
            repeats.add(openid)?;
            Ok(take(&[openid])?)
        })?;
        session.complete(Listed::Followers, &mut followers, &what, &mut |taken| match taken {
            Taken::Person(openid) => {
                repeats.add(openid)?;
                Ok(take(&[openid])?)
            }
            // Those who came before are in the file already.
            Taken::Anew => Err(Unwritten::Repeated),
        })?;
        let repeated = repeats.repeated()?;
        if repeated.is_empty() { Ok(()) } else { Err(Unwritten::Repeated) }
    });
    let sha256 = match filled {
        Ok(sha256) => sha256,
        Err(Unwritten::Repeated) => {
            session.complete_list(Listed::Followers, &mut followers, &what)?;
            return Ok(Written::Repeated(followers));
        }
        Err(unwritten) => return Err(listing.problem(unwritten)),
    };
    let (people, total) = (followers.mark().lines, followers.mark().total);
    let sifted = Sifted { read: people, kept: people, ..Sifted::default() };
    tell(total, &sifted, false, terminal);
    let counts = Counts { people, received: people, repeated: 0, total };
    let source = Source::Followers { info: false, not_blacklisted: false };
    let host = Some(session.host.as_str());
    let making = Making { whose: &session.whose, host, source, counts, at: session.age([&followers]) };
    listing.tell(making, sha256, terminal)?;
    followers.done();
    Ok(Written::Whole)
}

/// Says what the platform counted and what came of it.
fn tell(total: Option<u64>, sifted: &Sifted, blacklist: bool, terminal: &Terminal) {
    let distinct = sifted.read - sifted.repeated;
    if let Some(total) = total.filter(|total| *total != distinct) {
        terminal.say("gathered.total-differs", &[("total", &total), ("count", &distinct)]);
    }
    if blacklist {
        terminal.say("gathered.blacklisted", &[("count", &sifted.left_out)]);
    }
}

/// The titles of a list whose first column is the openid.
pub(super) fn titles(words: &Catalog, columns: &[&str]) -> Titles {
    let names = columns.iter().map(|name| words.say(&format!("gathered.column.{name}"), &[]));
    let names = std::iter::once("openid".to_owned()).chain(names).collect();
    Titles { names, openid: 0, sheet: words.say("gathered.sheet", &[]) }
}

/// The profiles of everybody, and the names of the tags.
fn with_profiles(
    session: &Session<'_>,
    mut people: People,
    (all, of): (u64, &Mark),
    words: &Catalog,
) -> Result<(Titles, Kept, HashMap<i64, String>), Problem> {
    let asker = session.asker();
    let client = &asker.client;
    let tags = session.wait(asker.ask(|token| async move { people::tags(client, &token).await }))?;
    let tags = tags.into_iter().map(|tag| (tag.id, tag.name)).collect();
    let what = words.say("gathered.what.profiles", &[]);
    // They are those of the people in this very list, in its order.
    let mut kept = session.kept(&resting_on(PROFILES, of), None, &what)?;
    let mut counting = session.counting(&what);
    let fetched = session.wait(profiles::fetch(asker, &mut people, all, &mut kept, &mut |mark| {
        counting.at(mark.lines, mark.total);
    }));
    counting.finish();
    fetched.map(|()| (titles(words, &COLUMNS), kept, tags))
}

fn rows(
    profiles: &Kept,
    tags: &HashMap<i64, String>,
    words: &Catalog,
    take: &mut Take<'_>,
) -> io::Result<()> {
    let zone = usual_zone();
    profiles.lines(&mut |line| {
        let Known { openid, follows: _, since, unionid, remark, tags: ids, source, scene } =
            Known::parse(line)?;
        let since = since.and_then(|since| Timestamp::from_second(since).ok());
        let since = since.map_or_else(String::new, |at| {
            at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
        });
        let name = |id: &i64| tags.get(id).map_or_else(|| id.to_string(), |name| plain(name));
        let named = together("names", ids.iter().map(name), words);
        take(&[&openid, &plain(&unionid), &since, &named, &plain(&remark), &plain(&source), &plain(&scene)])
    })
}

/// A text that people wrote, without what no cell should hold (docs/platform.md#answer-bodies).
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}
