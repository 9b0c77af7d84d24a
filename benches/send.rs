//! The whole executor (templates, digest checks, pacing, journal with every intent synced, classification) beside
//! itself without a journal and beside bare reqwest, on the same server.
//!
//! `cargo bench --bench send`; TMPDIR says which disk.

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use secrecy::SecretString;
use tempfile::TempDir;
use wxcast::api_base::ApiBase;
use wxcast::campaign::Campaign;
use wxcast::campaign::file::OnUnknown;
use wxcast::delivery::attempt::{Attempt, Incident};
use wxcast::delivery::outcome::Outcome;
use wxcast::journal::identity::{Channel, Identity, MessageKey};
use wxcast::journal::store::{Intent, Store};
use wxcast::journal::writer::Writer;
use wxcast::journal::{Journal, JournalError};
use wxcast::plan::{Plan, plan};
use wxcast::send::dispatcher::{self, Run};
use wxcast::send::feed::{self, Policy, RetryRefused};
use wxcast::send::media::{self, Depot};
use wxcast::send::shutdown::{Signals, StopFiles};
use wxcast::send::worker::Shared;
use wxcast::wechat::client::{Client, Timeouts};
use wxcast::wechat::token::Tokens;
use wxcast::wechat::token::source::TokenSource;

const IN_FLIGHT: usize = 64;
const AT_ONCE: usize = 100_000;
const AT_50_MS: usize = 5_000;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn a_bare_reqwest_at_once(bencher: Bencher) {
    let address = support::server(Duration::ZERO);
    bencher.counter(ItemsCount::new(AT_ONCE)).bench_local(|| bare(address, AT_ONCE));
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
    bencher.counter(ItemsCount::new(AT_50_MS)).bench_local(|| bare(address, AT_50_MS));
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

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// What reqwest does with nothing around it.
fn bare(address: SocketAddr, messages: usize) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("http://{address}/cgi-bin/message/custom/send?access_token=bench");
    runtime().block_on(async {
        let mut flying = FuturesUnordered::new();
        for index in 0..messages {
            if flying.len() >= IN_FLIGHT {
                flying.next().await;
            }
            let body = format!(
                "{{\"touser\":\"oBENCH{index:022}\",\"msgtype\":\"text\",\"text\":{{\"content\":\"hello\"}}}}"
            );
            let request = client.post(&url).header("content-type", "application/json").body(body);
            flying
                .push(async move { request.send().await.expect("an answer").bytes().await.expect("a body") });
        }
        while flying.next().await.is_some() {}
    });
}

/// A campaign that is planned and whose journal is open: sending is what is measured.
struct Prepared {
    folder: TempDir,
    campaign: Arc<Campaign>,
    plan: Arc<Plan>,
    store: Store,
}

impl Prepared {
    fn new(messages: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let campaign = Arc::new(support::campaign(folder.path(), messages, support::PLAIN));
        let plan = Arc::new(plan(&campaign));
        let store = Store::open(folder.path()).expect("a journal");
        Self { folder, campaign, plan, store }
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

    fn flush_enough(&self) -> bool {
        false
    }

    fn flush(&self) {}
}

/// What `wxcast send` does once it has planned.
fn with_journal(address: SocketAddr, messages: usize, prepared: Prepared) -> TempDir {
    let Prepared { folder, campaign, plan, mut store } = prepared;
    let identity = identity();
    let claim = store.claim(&identity, Incident::Crash).expect("a claim");
    let reading = Store::open(folder.path()).expect("a journal");
    let (writer, thread) = Writer::start(store, claim, IN_FLIGHT);
    executor(address, messages, (&campaign, plan, reading), writer.clone());
    runtime().block_on(writer.finish()).expect("everything written");
    thread.join().expect("the journal's thread");
    folder
}

/// The same, and nothing is written down.
fn without_journal(address: SocketAddr, messages: usize, prepared: Prepared) -> TempDir {
    let Prepared { folder, campaign, plan, store } = prepared;
    executor(address, messages, (&campaign, plan, store), Nowhere::default());
    folder
}

fn identity() -> Identity {
    Identity { appid: "wx".into(), campaign: "bench".into(), wave: 1, channel: Channel::Send }
}

fn executor(
    address: SocketAddr,
    messages: usize,
    (campaign, plan, reading): (&Arc<Campaign>, Arc<Plan>, Store),
    journal: impl Journal,
) {
    let policy = Policy { on_unknown: OnUnknown::Hold, retry_refused: RetryRefused::None };
    let jobs = feed::start(Arc::clone(campaign), plan, reading, &identity(), policy).expect("jobs");
    let base = ApiBase::parse(&format!("http://{address}")).expect("a base");
    let timeouts = Timeouts { connect: Duration::from_secs(5), answer: Duration::from_secs(30) };
    let client = Client::new(base, timeouts).expect("a client");
    let tokens = Arc::new(Tokens::new(client.clone(), TokenSource::Given(SecretString::from("bench")), None));
    let settings = media::Settings {
        appid: "wx".into(),
        state: campaign.path.clone(),
        rates: campaign.send.upload_rates.clone(),
        retries: 0,
    };
    let media = Depot::new(client.clone(), Arc::clone(&tokens), settings, Box::new(|_| {}));
    let media = Arc::new(media);
    let shared = Arc::new(Shared { client, tokens, media, journal });
    let ended = dispatcher::runtime().expect("a runtime").block_on(async {
        let run = Run {
            campaign,
            jobs,
            shared,
            limit: None,
            watch: &mut |_| {},
            signals: Signals::none(),
            stop_files: StopFiles::default(),
        };
        dispatcher::run(run).await
    });
    assert_eq!((ended.stop, ended.requests), (None, u64::try_from(messages).expect("a count")));
}
