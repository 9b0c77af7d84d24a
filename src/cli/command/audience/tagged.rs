//! `wxcast audience tagged`: everybody with some tags and without others.

use std::io;
use std::path::Path;

use crate::audience::Source as AudienceSource;
use crate::audience::openid;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::cli::command::audience::followers::titles;
use crate::cli::command::audience::listing::{Listing, Making};
use crate::cli::command::audience::session::{Session, Whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::audience_args;
use crate::cli::problem::Problem;
use crate::cli::sidecar::{Counts, Source};
use crate::cli::terminal::Terminal;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::display;
use crate::diagnostic::suggest::nearest;
use crate::gather::kept::Kept;
use crate::gather::selection::{Read, Selection, Set};
use crate::report::list::Take;
use crate::wechat::people::{self, Listed, Tag};

/// What openids are called in the files of `--from`.
const OPENID: &str = "openid";

/// Writes them; without any tag it shows which there are.
pub(crate) fn run(args: &audience_args::Tagged, terminal: &Terminal) -> Result<Exit, Problem> {
    let whose = Whose::of(&args.of)?;
    let named = args.any.len() + args.all.len() + args.not.len() + args.from.len() > 0;
    let listing = match &args.output {
        Some(output) => Some(Listing::insist(output, &whose, args.fetching.state.dir())?),
        None => None,
    };
    if named && listing.is_none() {
        return Err(Problem::new(Exit::Usage, "gathered-no-output"));
    }
    let from = args.from.iter().map(|file| people_in(file)).collect::<Result<Vec<_>, _>>()?;
    let session = Session::open(whose, &args.fetching, terminal)?;
    let asker = session.asker();
    let client = &asker.client;
    let known = session.wait(asker.ask(|token| async move { people::tags(client, &token).await }))?;
    let Some(listing) = listing.filter(|_| named) else {
        show(&known, terminal);
        if args.output.is_some() {
            return Err(Problem::new(Exit::Usage, "gathered-no-tag"));
        }
        let of = match &session.whose.campaign {
            Some(campaign) => display(&campaign.path).to_string(),
            None => format!("--appid {}", session.whose.account.appid),
        };
        terminal.say("next.gathered-tags", &[("of", &of)]);
        return Ok(Exit::Ok);
    };
    let find = |names: &[String]| names.iter().map(|name| find(name, &known)).collect::<Result<Vec<_>, _>>();
    let wanted = Wanted { any: find(&args.any)?, all: find(&args.all)?, not: find(&args.not)? };
    write(args, &wanted, from, &listing, &session, terminal)
}

/// The tags that are named.
struct Wanted<'a> {
    any: Vec<&'a Tag>,
    all: Vec<&'a Tag>,
    not: Vec<&'a Tag>,
}

/// The tag of a name.
fn find<'a>(name: &str, known: &'a [Tag]) -> Result<&'a Tag, Problem> {
    if let Some(tag) = known.iter().find(|tag| tag.name.trim() == name.trim()) {
        return Ok(tag);
    }
    let list = known.iter().map(|tag| format!("{} ({})", tag.name, tag.count)).collect::<Vec<_>>().join(", ");
    let problem = match nearest(name, known.iter().map(|tag| tag.name.as_str())) {
        Some(near) => Problem::new(Exit::Invalid, "gathered-unknown-tag-near").with("near", near),
        None => Problem::new(Exit::Invalid, "gathered-unknown-tag"),
    };
    Err(problem.with("tag", name).with("tags", list))
}

fn show(known: &[Tag], terminal: &Terminal) {
    for tag in known {
        let line = terminal.words.say("gathered.tag", &[("tag", &tag.name), ("count", &tag.count)]);
        terminal.data(&format!("{line}\n"));
    }
    if known.is_empty() {
        terminal.say("gathered.no-tags", &[]);
    }
}

fn write(
    args: &audience_args::Tagged,
    wanted: &Wanted<'_>,
    from: Vec<Vec<String>>,
    listing: &Listing,
    session: &Session<'_>,
    terminal: &Terminal,
) -> Result<Exit, Problem> {
    let words = &terminal.words;
    let disk = |error: io::Error| Problem::new(Exit::Storage, "gathered-disk").because(error);
    let fetched = |tag: &&Tag| {
        let what = words.say("gathered.what.tag", &[("tag", &tag.name)]);
        session.list(Listed::Tagged(tag.id), &what)
    };
    let any = each_once(&wanted.any, fetched)?;
    let mut all = each_once(&wanted.all, fetched)?;
    let not = each_once(&wanted.not, fetched)?;
    // Where nobody says among whom: among those of the smallest tag that all must have, else of the files, else of all.
    all.sort_by_key(|kept| kept.mark().lines);
    let everybody = match any.is_empty() && all.is_empty() && from.is_empty() {
        true => Some(session.list(Listed::Followers, &words.say("gathered.what.followers", &[]))?),
        false => None,
    };
    let among_files = any.is_empty() && all.is_empty();
    let read = |kept| -> Box<Read<'_>> { Box::new(move |each| Kept::lines(kept, each)) };
    let base: Vec<Box<Read<'_>>> = if !any.is_empty() {
        any.iter().map(read).collect()
    } else if among_files && !from.is_empty() {
        from.iter().map(|people| read_file(people)).collect()
    } else {
        all.iter().take(1).chain(&everybody).map(read).collect()
    };
    let sets = |lists: &[Kept]| lists.iter().map(Set::of_kept).collect::<io::Result<Vec<_>>>();
    let mut must = sets(&all).map_err(disk)?;
    if !among_files && !from.is_empty() {
        must.push(set_of(&from));
    }
    let selection = Selection { any: base, all: must, not: sets(&not).map_err(disk)? };
    let (people, sifted) = selection.into_file(&session.folder).map_err(disk)?;
    listing.insist_room(sifted.kept)?;
    let counts = Counts {
        people: sifted.kept,
        received: sifted.read,
        repeated: sifted.repeated,
        total: everybody.as_ref().and_then(|kept| kept.mark().total),
    };
    let source = Source::Tagged {
        any: args.any.clone(),
        all: args.all.clone(),
        not: args.not.clone(),
        from: args.from.iter().map(|file| display(file)).collect(),
    };
    let host = Some(session.host.as_str());
    let at = session.age(any.iter().chain(&all).chain(&not).chain(&everybody));
    let making = Making { whose: &session.whose, host, source, counts, at };
    let fill = |take: &mut Take<'_>| Ok(people.each(&mut |openid| take(&[openid]))?);
    listing.write(making, &titles(words, &[]), fill, terminal)?;
    any.into_iter().chain(all).chain(not).chain(everybody).for_each(Kept::done);
    if sifted.kept == 0 {
        terminal.warn("gathered.nobody", &[]);
    }
    session.whose.next(terminal);
    Ok(Exit::Ok)
}

fn read_file(people: &[String]) -> Box<Read<'_>> {
    Box::new(move |each| people.iter().try_for_each(|openid| each(openid)))
}

/// Each tag fetched once, should it be named twice.
fn each_once(tags: &[&Tag], fetch: impl Fn(&&Tag) -> Result<Kept, Problem>) -> Result<Vec<Kept>, Problem> {
    let mut ids = Vec::new();
    let mut lists = Vec::new();
    for tag in tags {
        if !ids.contains(&tag.id) {
            ids.push(tag.id);
            lists.push(fetch(tag)?);
        }
    }
    Ok(lists)
}

fn set_of(files: &[Vec<String>]) -> Set {
    let filled: Result<Set, std::convert::Infallible> =
        Set::of(|each| files.iter().flatten().try_for_each(|openid| each(openid)));
    match filled {
        Ok(set) => set,
    }
}

/// The people in a file, in its order.
fn people_in(file: &Path) -> Result<Vec<String>, Problem> {
    let faulty = |fault| Problem::fault(file, fault);
    let source =
        AudienceSource { path: file.to_owned(), openid: OPENID.to_owned(), ..AudienceSource::default() };
    let mut reader = Reader::open(&source).map_err(|unreadable| {
        let faults = unreadable.faults.into_iter().filter(Diagnostic::is_error).map(faulty);
        faults.reduce(Problem::and).expect("a file that cannot be read has a fault")
    })?;
    let column = reader.header().position(OPENID);
    let column = column.ok_or_else(|| missing(file))?;
    let (mut people, mut row) = (Vec::new(), Row::default());
    while reader.read(&mut row).map_err(faulty)?.is_some() {
        if row.hidden {
            continue;
        }
        let openid = row.cells().map_err(faulty)?.or_blank(column).to_owned();
        if openid::check(&openid).is_err() {
            return Err(Problem::new(Exit::Invalid, "gathered-from-row")
                .with("file", display(file))
                .with("line", row.line));
        }
        people.push(openid);
    }
    Ok(people)
}

fn missing(file: &Path) -> Problem {
    Problem::new(Exit::Invalid, "no-openid-column").with("file", display(file)).with("name", OPENID)
}
