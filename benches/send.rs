//! The whole executor (templates, digest checks, pacing, journal with every intent synced, classification) beside
//! itself without a journal and beside bare reqwest, on the same server.
//!
//! `cargo bench --bench send`; TMPDIR says which disk.

mod support;

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use secrecy::SecretString;
use tempfile::TempDir;
use wxcast::api_base::ApiBase;
use wxcast::campaign::Campaign;
use wxcast::delivery::attempt::Attempt;
use wxcast::delivery::exit::Exit;
use wxcast::delivery::outcome::Outcome;
use wxcast::delivery::skip::Skipped;
use wxcast::journal::identity::{Channel, Identity, MessageKey};
use wxcast::journal::store::{Intent, Store};
use wxcast::journal::writer::Writer;
use wxcast::journal::{Journal, JournalError};
use wxcast::plan::{Plan, plan};
use wxcast::send::dispatcher;
use wxcast::send::execution::observer::Unwatched;
use wxcast::send::execution::results::{Concluded, Results};
use wxcast::send::execution::{Basis, Execution, Sending};
use wxcast::wechat::client::{Client, Timeouts};
use wxcast::wechat::token::Tokens;
use wxcast::wechat::token::source::TokenSource;

const AT_ONCE: usize = 100_000;
const AT_50_MS: usize = 5_000;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn a_bare_reqwest_at_once(bencher: Bencher) {
    let address = support::server(Duration::ZERO);
    bencher.counter(ItemsCount::new(AT_ONCE)).bench_local(|| support::bare(address, AT_ONCE));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn b_without_journal_at_once(bencher: Bencher) {
    run(bencher, Duration::ZERO, AT_ONCE, without_journal);
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn c_with_journal_at_once(bencher: Bencher) {
    run(bencher, Duration::ZERO, AT_ONCE, with_journal);
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn d_bare_reqwest_at_50_ms(bencher: Bencher) {
    let address = support::server(Duration::from_millis(50));
    bencher.counter(ItemsCount::new(AT_50_MS)).bench_local(|| support::bare(address, AT_50_MS));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn e_without_journal_at_50_ms(bencher: Bencher) {
    run(bencher, Duration::from_millis(50), AT_50_MS, without_journal);
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn f_with_journal_at_50_ms(bencher: Bencher) {
    run(bencher, Duration::from_millis(50), AT_50_MS, with_journal);
}

fn run(
    bencher: Bencher,
    latency: Duration,
    messages: usize,
    sending: fn(SocketAddr, usize, Prepared) -> TempDir,
) {
    let address = support::server(latency);
    bencher
        .counter(ItemsCount::new(messages))
        .with_inputs(|| Prepared::new(messages))
        .bench_local_values(|prepared| sending(address, messages, prepared));
}

/// A campaign that is planned and whose journal is there: sending is what is measured.
struct Prepared {
    folder: TempDir,
    campaign: Arc<Campaign>,
    plan: Arc<Plan>,
}

impl Prepared {
    fn new(messages: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let campaign = Arc::new(support::campaign(folder.path(), messages, support::PLAIN));
        let plan = Arc::new(plan(&campaign));
        // Making the file is no part of what is measured.
        Store::open(folder.path()).expect("a journal");
        Self { folder, campaign, plan }
    }
}

/// A journal that keeps nothing, to measure what the real one costs.
#[derive(Clone, Default)]
struct Nowhere(Arc<AtomicI64>);

impl Journal for Nowhere {
    async fn intent(&self, _: Intent) -> Result<MessageKey, JournalError> {
        Ok(MessageKey(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn outcome(&self, _: MessageKey, _: Outcome, _: Attempt) {}

    fn undelivered(&self, _: Intent, _: Outcome, _: Attempt) {}

    fn skip(&self, _: Intent, _: Skipped) {}

    fn flush_enough(&self) -> bool {
        false
    }

    fn flush(&self) {}
}

/// What `wxcast send` does once it has planned.
fn with_journal(address: SocketAddr, messages: usize, prepared: Prepared) -> TempDir {
    executor(address, messages, prepared, |writer| writer)
}

/// The same, and nothing is written down.
fn without_journal(address: SocketAddr, messages: usize, prepared: Prepared) -> TempDir {
    executor(address, messages, prepared, |_| Nowhere::default())
}

/// Results that nobody reads.
struct NoResults;

impl Results for NoResults {
    fn refresh(&self, _: &Store) -> bool {
        true
    }

    fn conclude(&self, _: &Store) -> Result<Concluded, JournalError> {
        Ok(Concluded::default())
    }
}

fn executor<J: Journal>(
    address: SocketAddr,
    messages: usize,
    prepared: Prepared,
    journal: fn(Writer) -> J,
) -> TempDir {
    let Prepared { folder, campaign, plan } = prepared;
    let base = ApiBase::parse(&format!("http://{address}")).expect("a base");
    let timeouts = Timeouts { connect: Duration::from_secs(5), answer: Duration::from_secs(30) };
    let client = Client::new(base, timeouts).expect("a client");
    let mut unwatched = Unwatched;
    let execution = Execution::new(Basis {
        campaign,
        plan,
        whose: Identity { appid: "wx".into(), campaign: "bench".into(), wave: 1, channel: Channel::Send },
        state: folder.path().to_owned(),
        runtime: dispatcher::runtime().expect("a runtime"),
        tokens: Arc::new(Tokens::new(client.clone(), TokenSource::Given(SecretString::from("bench")), None)),
        client,
        results: Arc::new(NoResults),
        exit: |_| Exit::Ok,
        observer: &mut unwatched,
    });
    let begun = execution.begin(journal).expect("a journal");
    let Sending::Over(sent) = begun.send_until(pending::<()>()) else { unreachable!("nothing cuts it off") };
    let messages = u64::try_from(messages).expect("a count");
    assert_eq!((&sent.ended.stop, sent.ended.requests, &sent.written), (&None, messages, &Ok(())));
    folder
}
