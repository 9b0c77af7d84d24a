//! Intents and outcomes through the journal, 64 and 256 in flight, every intent synced; and a large journal opened.
//!
//! `cargo bench --bench journal`; TMPDIR says which disk.

use divan::Bencher;
use divan::counter::ItemsCount;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tempfile::TempDir;
use wxcast::delivery::attempt::{Attempt, Cause, Incident};
use wxcast::delivery::outcome::Outcome;
use wxcast::journal::identity::{Channel, Identity};
use wxcast::journal::index::Index;
use wxcast::journal::store::{Intent, Store};
use wxcast::journal::writer::Writer;
use wxcast::journal::{Journal as _, flushing};
use wxcast::wechat::answer::errmsg::Errmsg;

const MESSAGES: usize = 50_000;
const MILLION: usize = 1_000_000;

fn main() {
    divan::main();
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
    let mut store = Store::open(folder.path()).expect("a journal");
    let claim = store.claim(&identity(), Incident::Crash).expect("a claim");
    let (writer, thread) = Writer::start(store, claim, in_flight);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut flying = FuturesUnordered::new();
        for index in 0..messages {
            if flying.len() >= in_flight {
                flying.next().await;
            }
            flying.push(message(&writer, index));
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
        openid: format!("oBENCH{index:022}"),
        nth: 1,
        attempt: 1,
        at: Timestamp::UNIX_EPOCH,
        payload: 7,
    };
    let id = flushing(writer, writer.intent(intent)).await.expect("an intent");
    let cause = Cause::Answer { code: 0, errmsg: Errmsg::parse("ok") };
    let attempt =
        Attempt { number: 1, finished: Timestamp::UNIX_EPOCH, latency: std::time::Duration::ZERO, cause };
    writer.outcome(id, Outcome::Sent, attempt);
}
