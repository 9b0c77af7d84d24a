//! Intents and outcomes through the journal, 64 and 256 in flight, every intent synced; a large journal opened; what the
//! program does with a campaign of a million that is settled; and the history of ten million messages.
//!
//! `cargo bench --bench journal`; TMPDIR says which disk. A filter behind `--` leaves the last two out.

mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::ItemsCount;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tempfile::TempDir;
use wxcast::delivery::attempt::{Attempt, Cause, Incident};
use wxcast::delivery::outcome::Outcome;
use wxcast::journal::identity::{Channel, Identity, Person};
use wxcast::journal::index::Index;
use wxcast::journal::store::{Intent, Store};
use wxcast::journal::writer::Writer;
use wxcast::journal::{Journal as _, flushing};
use wxcast::wechat::answer::errmsg::Errmsg;

const MESSAGES: usize = 50_000;
const MILLION: usize = 1_000_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    divan::main();
    if args.iter().all(|arg| arg == "--bench") {
        // `cargo test --benches` wants to know that it starts, not how fast it is.
        let whole = !args.is_empty();
        let (messages, campaigns, each) = if whole { (MILLION, 20, MILLION / 2) } else { (100, 3, 50) };
        settled(messages);
        history(campaigns, each);
    }
}

/// What `wxcast` does with a campaign of which everybody was sent the message.
fn settled(messages: usize) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let state = tempfile::tempdir().expect("a folder");
    let (address, _) = support::timed_server(Duration::ZERO);
    support::campaign(folder.path(), messages, support::PLAIN);
    fs::write(folder.path().join("campaign.toml"), support::campaign_text(support::PLAIN))
        .expect("a campaign");
    let account = "wx0123456789abcdef";
    let whose = Identity { appid: account.into(), campaign: "bench".into(), wave: 1, channel: Channel::Send };
    let local = state.path().join(account).join("local");
    settle_as(&local, &whose, messages, 0, 4096);
    let mut store = Store::open(&local).expect("a journal");
    let claim = store.claim(&whose, Incident::Crash).expect("a claim");
    assert_eq!(store.index_persons(claim, account), Ok(0));
    drop(store);
    let journal = local.join("journal.sqlite3");
    println!("\n{messages} settled: {} bytes of journal a recipient", size(&journal) / messages as u64);
    let run = |what: &str, args: &[&str], at: SocketAddr| {
        let begun = Instant::now();
        wxcast(folder.path(), state.path(), args, at);
        println!("  {what}: {:.2} s", begun.elapsed().as_secs_f64());
        begun
    };
    let send = ["send", "campaign.toml", "--yes", "--progress", "none"];
    run("send with nothing left, results not written yet", &send, address);
    for _ in 0..3 {
        run("send with nothing left", &send, address);
    }
    let audience = folder.path().join("audience.csv");
    let text = fs::read_to_string(&audience).expect("an audience");
    let (head, rows) = text.split_once('\n').expect("a header");
    let mut rows: Vec<&str> = rows.lines().collect();
    for order in ["as they stand in the file", "sorted anew"] {
        if order == "sorted anew" {
            shuffle(&mut rows);
        }
        for new in 0..3 {
            let one_more = format!("oNEW{order:.1}{new:023},x,y,z,n");
            let shown: String = [head]
                .iter()
                .chain(&rows)
                .chain([&one_more.as_str()])
                .map(|row| format!("{row}\n"))
                .collect();
            fs::write(&audience, shown).expect("an audience");
            let (address, times) = support::timed_server(Duration::ZERO);
            let begun = run("(the whole of it)", &send, address);
            let first = times.lock().expect("a server that stands").first().expect("a request") - begun;
            println!(
                "  resume, one left, the others {order}: first request after {:.2} s",
                first.as_secs_f64()
            );
        }
    }
    for _ in 0..3 {
        run("status", &["status", "campaign.toml"], address);
    }
}

/// Runs the program, which finds nothing to complain about.
fn wxcast(folder: &Path, state: &Path, args: &[&str], address: SocketAddr) {
    let output = Command::new(env!("CARGO_BIN_EXE_wxcast"))
        .args(args)
        .arg("--state-dir")
        .arg(state)
        .current_dir(folder)
        .env("WXCAST_API_BASE", format!("http://{address}"))
        .env("WXCAST_ACCESS_TOKEN", "bench")
        .env("XDG_STATE_HOME", state)
        .env("LOCALAPPDATA", state)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Puts rows into an order that has nothing to do with the one before, the same each time.
fn shuffle(rows: &mut [&str]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chosen = (state >> 33) as usize % (last + 1);
        rows.swap(last, chosen);
    }
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).expect("a file").len()
}

/// What an account remembers of so many campaigns to so many people each.
fn history(campaigns: usize, each: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut keys = Vec::new();
    println!("\nhistory of {} messages", campaigns * each);
    for campaign in 0..campaigns {
        let name = format!("c{campaign}");
        let whose = Identity { appid: "wx".into(), campaign: name, wave: 1, channel: Channel::Send };
        // Neighbours in one campaign are none in the next.
        settle_as(folder.path(), &whose, each, campaign * 7919, 4096);
        let mut store = Store::open(folder.path()).expect("a journal");
        let claim = store.claim(&whose, Incident::Crash).expect("a claim");
        let begun = Instant::now();
        assert_eq!(store.index_persons(claim, "wx"), Ok(0));
        if campaign == 0 || campaign == campaigns - 1 {
            println!("  index of campaign {campaign}: {:.2} s", begun.elapsed().as_secs_f64());
            let begun = Instant::now();
            let index = Index::load(&*store, claim.campaign()).expect("an index");
            println!("  load of its {}: {:.2} s", index.known(), begun.elapsed().as_secs_f64());
        }
        keys.push(claim.campaign());
    }
    let bytes = size(&folder.path().join("journal.sqlite3"));
    println!("  {} bytes a message", bytes / (campaigns * each) as u64);
    let store = Store::open(folder.path()).expect("a journal");
    let begun = Instant::now();
    let asked = 100.min(each);
    for person in 0..asked {
        let found = store.of_person("wx", &openid(person * (each / asked))).expect("a history");
        assert_eq!(found.len(), campaigns);
    }
    println!("  a person: {:.2} ms", begun.elapsed().as_secs_f64() * 1000.0 / asked as f64);
    let begun = Instant::now();
    assert_eq!(store.campaigns("wx").map(|found| found.len()), Ok(campaigns));
    println!("  the account: {:.2} s", begun.elapsed().as_secs_f64());
    for asked in [1000.min(each), 300_000.min(each)] {
        let mut persons: Vec<Person> = (0..asked).map(|index| Person::of("wx", &openid(index))).collect();
        persons.sort_unstable();
        let (begun, mut occasions) = (Instant::now(), 0);
        store
            .occasions(&keys, Timestamp::UNIX_EPOCH, &persons, &mut |_, times| occasions += times.len())
            .expect("an answer");
        assert_eq!(occasions, asked * campaigns);
        println!("  occasions of {asked} persons: {:.2} s", begun.elapsed().as_secs_f64());
    }
}

fn openid(index: usize) -> String {
    format!("oBENCH{index:022}")
}

#[divan::bench(args = [64, 256], sample_count = 5, sample_size = 1)]
fn intents_and_outcomes(bencher: Bencher, in_flight: usize) {
    bencher
        .counter(ItemsCount::new(MESSAGES))
        .with_inputs(|| tempfile::tempdir().expect("a folder"))
        .bench_values(|folder| {
            settle(&folder, MESSAGES, in_flight);
        });
}

/// What `send` does with the journal of a campaign that is settled before it goes on.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn open_a_million_settled(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a folder");
    settle(&folder, MILLION, 4096);
    bencher.counter(ItemsCount::new(MILLION)).bench_local(|| {
        let mut store = Store::open(folder.path()).expect("a journal");
        let claim = store.claim(&identity(), Incident::Crash).expect("a journal that can be written");
        let index = Index::load(&*store, claim.campaign()).expect("an index");
        assert_eq!(index.known(), MILLION);
    });
}

fn identity() -> Identity {
    Identity { appid: "wx".into(), campaign: "bench".into(), wave: 1, channel: Channel::Send }
}

/// Takes so many messages from their intent to their outcome.
fn settle(folder: &TempDir, messages: usize, in_flight: usize) {
    settle_as(folder.path(), &identity(), messages, 0, in_flight);
}

/// The same for a campaign, beginning at one of so many people.
fn settle_as(folder: &Path, whose: &Identity, messages: usize, first: usize, in_flight: usize) {
    let mut store = Store::open(folder).expect("a journal");
    let claim = store.claim(whose, Incident::Crash).expect("a claim");
    let (writer, thread) = Writer::start(store, claim, in_flight);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut flying = FuturesUnordered::new();
        for index in 0..messages {
            if flying.len() >= in_flight {
                flying.next().await;
            }
            flying.push(message(&writer, (index + first) % messages));
        }
        while flying.next().await.is_some() {}
        writer.clone().finish().await.expect("everything written");
    });
    thread.join().expect("the journal's thread");
}

#[divan::bench(sample_count = 5, sample_size = 100)]
fn one_sync_of_a_page(bencher: Bencher) {
    let file = tempfile::tempfile().expect("a file");
    bencher.bench_local(|| {
        use std::io::{Seek as _, Write as _};
        let mut file = &file;
        file.rewind().expect("a seek");
        file.write_all(&[7; 4096]).expect("a write");
        file.sync_data().expect("a sync");
    });
}

async fn message(writer: &Writer, index: usize) {
    let intent = Intent {
        id: None,
        openid: openid(index),
        nth: 1,
        attempt: 1,
        at: Timestamp::UNIX_EPOCH,
        // As of what nobody here has seen: it is held against no payload.
        payload: 0,
    };
    let id = flushing(writer, writer.intent(intent)).await.expect("an intent");
    let cause = Cause::Answer { code: 0, errmsg: Errmsg::parse("ok") };
    let attempt =
        Attempt { number: 1, finished: Timestamp::UNIX_EPOCH, latency: std::time::Duration::ZERO, cause };
    writer.outcome(id, Outcome::Sent, attempt);
}
