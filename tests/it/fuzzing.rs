//! Mutated input: whatever the bytes of a campaign, a template, a list, a workbook or a journal, they are read or they
//! are faults. Nothing panics, and nothing takes longer than ten seconds.
//!
//! The inputs are made from a corpus of sound files by the same steps each time, so a failure comes back; `WXCAST_FUZZ`
//! says how many times as many there are. What is mutated is planned in this process, which is where a thousand of them
//! take seconds; `hostile_files.rs` does the same through the binary with fewer.

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use wxcast::campaign::validate::{Overrides, validate};
use wxcast::journal::store::{FILE, Store};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::support::{World, openid, repository};

/// Longer than this is a hang, on the slowest machine too.
const LIMIT: Duration = Duration::from_secs(10);

/// One step from a sound file to another one.
#[derive(Debug, Clone)]
enum Mutation {
    /// Another byte in this place.
    Put(usize, u8),
    /// Bits the other way round.
    Flip(usize, u8),
    /// The end is missing.
    Cut(usize),
    /// So many bytes are missing.
    Drop(usize, usize),
    /// A piece stands twice.
    Twice(usize, usize),
    /// A number as large as fits, or as small.
    Extreme(usize, [u8; 4]),
    /// Words that mean something to one of the readers.
    Word(usize, &'static str),
}

const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{#if ",
    "{{/if}}",
    "{{else}}",
    "{{{",
    "}}}",
    "{{!--",
    "\"",
    "\"\"\"",
    "'''",
    "\n",
    "\r",
    ",",
    "\t",
    "\0",
    "\u{feff}",
    "[[",
    "]]",
    "= ",
    "9999999999999999999",
    "-1",
    "1e999",
    "NaN",
    "null",
    "\u{202e}",
    "<!DOCTYPE",
    "<![CDATA[",
    "&#0;",
    "r=\"XFD1048577\"",
    "\\u0000",
    "😀",
];

impl Mutation {
    fn change(&self, bytes: &mut Vec<u8>) {
        let place = |at: usize, bytes: &[u8]| if bytes.is_empty() { 0 } else { at % bytes.len() };
        match *self {
            Self::Put(at, byte) => {
                let at = place(at, bytes);
                if let Some(there) = bytes.get_mut(at) {
                    *there = byte;
                }
            }
            Self::Flip(at, bits) => {
                let at = place(at, bytes);
                if let Some(there) = bytes.get_mut(at) {
                    *there ^= bits;
                }
            }
            Self::Cut(at) => bytes.truncate(place(at, bytes)),
            Self::Drop(at, length) => {
                let at = place(at, bytes);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Self::Twice(at, length) => {
                let at = place(at, bytes);
                let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            Self::Extreme(at, number) => {
                let at = place(at, bytes);
                for (there, byte) in bytes.iter_mut().skip(at).zip(number) {
                    *there = byte;
                }
            }
            Self::Word(at, word) => {
                let at = place(at, bytes);
                bytes.splice(at..at, word.bytes());
            }
        }
    }
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let at = || 0..1_000_000_usize;
    let one = prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Put(at, byte)),
        2 => (at(), 1..=255_u8).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        1 => at().prop_map(Mutation::Cut),
        1 => (at(), 1..64_usize).prop_map(|(at, length)| Mutation::Drop(at, length)),
        1 => (at(), 1..512_usize).prop_map(|(at, length)| Mutation::Twice(at, length)),
        2 => (at(), prop_oneof![Just([0xff; 4]), Just([0; 4]), Just([0xff, 0xff, 0xff, 0x7f]), Just([0xfe, 0xff, 0xff, 0xff])])
            .prop_map(|(at, number)| Mutation::Extreme(at, number)),
        2 => (at(), prop::sample::select(WORDS)).prop_map(|(at, word)| Mutation::Word(at, word)),
    ];
    prop::collection::vec(one, 1..6)
}

/// Mutates the corpus so many times and has each input looked at in a thread of its own. An input that fails is made
/// smaller and told. So many were looked at as there were to be.
fn fuzz(inputs: u32, corpus: &[(&str, Vec<u8>)], look: fn(&str, &[u8])) {
    let times =
        std::env::var("WXCAST_FUZZ").map_or(1, |times| times.parse().expect("WXCAST_FUZZ is a number"));
    let config = Config { cases: inputs * times, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    for (name, sound) in corpus {
        look(name, sound);
    }
    let looked_at = std::cell::Cell::new(0);
    let input = (0..corpus.len(), any::<Option<u8>>(), mutations());
    let found = runner.run(&input, |(which, part, steps)| {
        let (name, sound) = &corpus[which];
        let bytes = match part {
            Some(part) if sound.starts_with(b"PK") => repacked(sound, part.into(), &steps),
            Some(_) | None => changed(sound.clone(), &steps),
        };
        looked_at.set(looked_at.get() + 1);
        in_time((*name).to_owned(), bytes, look).map_err(|why| TestCaseError::fail(format!("{name} {why}")))
    });
    if let Err(found) = found {
        panic!("{found}");
    }
    assert_eq!(looked_at.get(), inputs * times, "each of them was looked at");
}

fn changed(mut bytes: Vec<u8>, steps: &[Mutation]) -> Vec<u8> {
    steps.iter().for_each(|step| step.change(&mut bytes));
    bytes
}

/// The same workbook with one of its parts changed, which the checksum of the whole would otherwise tell before anybody
/// reads it.
fn repacked(sound: &[u8], part: usize, steps: &[Mutation]) -> Vec<u8> {
    let mut package = ZipArchive::new(Cursor::new(sound)).expect("a sound workbook");
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = package.len();
    for index in 0..parts {
        let mut one = package.by_index(index).expect("a part");
        let mut bytes = Vec::new();
        one.read_to_end(&mut bytes).expect("a readable part");
        if index == part % parts {
            bytes = changed(bytes, steps);
        }
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        out.start_file(one.name().expect("a name"), stored).expect("a part");
        out.write_all(&bytes).expect("room for it");
    }
    out.finish().expect("a workbook").into_inner()
}

fn in_time(name: String, bytes: Vec<u8>, look: fn(&str, &[u8])) -> Result<(), String> {
    let (done, is_done) = channel();
    let thread = thread::spawn(move || {
        look(&name, &bytes);
        // Nobody listens any more after the limit.
        let _ = done.send(());
    });
    match is_done.recv_timeout(LIMIT) {
        Ok(()) => Ok(()),
        Err(RecvTimeoutError::Timeout) => Err(format!("takes longer than {LIMIT:?}")),
        // Its words are on stderr already.
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Ok(()) => Ok(()),
            Err(_) => Err("panics".to_owned()),
        },
    }
}

const CAMPAIGN: &str = include_str!("golden/campaign.toml");
const CSV: &str = "openid,姓名,积分,日期\noTEST00000000000000000000001,王小明,1200,2026/3/8\noTEST00000000000000000000002,\"李, 雷\",,\n";

/// Plans a campaign whose text and list are these.
fn plan(campaign: &str, list: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(list), bytes).expect("a list");
    let validated = validate(&folder.path().join("campaign.toml"), campaign, &Overrides::default());
    if let Some(campaign) = &validated.campaign {
        std::hint::black_box(wxcast::plan::plan(campaign));
    } else {
        assert!(!validated.faults.is_empty(), "neither a campaign nor a fault");
    }
}

fn of(list: &str, content: &str) -> String {
    format!(
        "[campaign]\nid = \"spring\"\n[account]\nappid = \"wx0123456789abcdef\"\n[audience]\nfile = \"{list}\"\n\
         [message.text]\ncontent = '''{content}'''\n"
    )
}

/// Every fixture whose name ends so.
fn fixtures(ends: &[&str]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found: Vec<_> = fs::read_dir(repository().join("tests/fixtures"))
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| ends.iter().any(|end| path.extension().is_some_and(|found| found == *end)))
        .collect();
    found.sort();
    let named = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned().leak() as &str;
    found.iter().map(|path| (named(path), fs::read(path).expect("a fixture"))).collect()
}

#[test]
fn whatever_stands_in_a_campaign_is_read_or_a_fault() {
    let mut corpus = vec![("golden", CAMPAIGN.as_bytes().to_vec())];
    for kind in fs::read_dir(repository().join("campaigns")).expect("the examples") {
        let path = kind.expect("an entry").path().join("campaign.toml");
        if let Ok(bytes) = fs::read(path) {
            corpus.push(("example", bytes));
        }
    }
    assert!(corpus.len() > 5, "the examples are the corpus");
    corpus.sort();
    fuzz(600, &corpus, |_, bytes| plan(&String::from_utf8_lossy(bytes), "audience.csv", CSV.as_bytes()));
}

#[test]
fn whatever_stands_in_a_template_is_read_or_a_fault() {
    let corpus: Vec<_> = [
        "{{姓名}}您好，{{default 姓名 \"朋友\"}}{{#if 积分}}您有 {{number 积分 2}} 分{{else}}{{! 无 }}{{/if}}",
        "{{#unless (eq 姓名 \"x\")}}{{truncate (upper 姓名) 4}}{{/unless}}{{~date 日期 \"%Y年%m月%d日\"~}}",
        "{{#if (and 姓名 (not 积分))}}a{{else if (gt 积分 10)}}b{{/if}}{{[姓名]}}{{{姓名}}}{{&姓名}}{{@row}}",
        "{{!-- {{ --}}{{url_encode 姓名}} <a href=\"https://example.com/?a={{openid}}\">{{trim \" x \"}}</a> {{len 姓名}}{{percent 积分}}",
    ]
    .map(|text| ("template", text.as_bytes().to_vec()))
    .to_vec();
    fuzz(1000, &corpus, |_, bytes| {
        plan(&of("audience.csv", &String::from_utf8_lossy(bytes)), "audience.csv", CSV.as_bytes());
    });
}

#[test]
fn whatever_stands_in_a_list_is_read_or_a_fault() {
    let mut corpus = fixtures(&["csv", "txt"]);
    corpus.push(("plain.csv", CSV.as_bytes().to_vec()));
    fuzz(1000, &corpus, |_, bytes| plan(&of("audience.csv", "{{姓名}}"), "audience.csv", bytes));
}

/// Two thousand of each of the two kinds that people have, which take some seconds.
#[test]
fn whatever_stands_in_a_workbook_is_read_or_a_fault() {
    let kinds = [&["xls"][..], &["xlsx"], &["xlsb"], &["ods"]];
    let so_many = [2_000, 2_000, 300, 300];
    thread::scope(|scope| {
        for (kind, inputs) in kinds.into_iter().zip(so_many) {
            scope.spawn(move || {
                fuzz(inputs, &fixtures(kind), |name, bytes| plan(&of(name, "{{姓名}}"), name, bytes))
            });
        }
    });
}

#[test]
fn whatever_stands_in_a_journal_is_read_or_refused() {
    let world = World::with_recipients(3);
    world.send(&crate::support::Platform::new("[[answers]]\ncode = 45015")).exits(5);
    let sound = fs::read(world.state_file(FILE)).expect("a journal");
    assert!(Store::read(&world.state()).is_ok_and(|store| store.is_some()), "{}", openid(0));
    fuzz(150, &[("journal", sound)], |_, bytes| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), bytes).expect("a journal");
        // Whichever error it is, it is one that is told.
        let _ = Store::read(folder.path());
        let Ok(store) = Store::open(folder.path()) else { return };
        let identity = wxcast::journal::identity::Identity {
            appid: crate::support::APPID.into(),
            campaign: "spring".into(),
            wave: 1,
            channel: wxcast::journal::identity::Channel::Send,
        };
        if let Ok(Some(campaign)) = store.find_campaign(&identity) {
            let mut seen = 0;
            let read = store.messages(campaign, |_| seen += 1);
            assert!(read.is_err() || seen <= 100, "{seen} messages in a journal of three");
        }
    });
}
