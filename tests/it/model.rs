//! A model of dying: the executor, the journal and the feed of the program against the simulator, ended at every
//! boundary between two records of the journal.
//!
//! `crash.rs` kills the real program at moments that chance picks. Here no boundary is left to chance: a journal
//! that counts its records dies at the n-th, for every n.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use secrecy::SecretString;
use tokio::sync::Notify;
use wxcast::api_base::ApiBase;
use wxcast::campaign::Campaign;
use wxcast::campaign::validate::{Overrides, validate};
use wxcast::delivery::attempt::Attempt;
use wxcast::delivery::exit::Exit;
use wxcast::delivery::outcome::{Counts, Outcome, Status};
use wxcast::delivery::skip::Skipped;
use wxcast::journal::identity::MessageKey;
use wxcast::journal::store::{Intent, Store};
use wxcast::journal::writer::Writer;
use wxcast::journal::{Journal, JournalError};
use wxcast::plan::{Plan, plan};
use wxcast::report::join::{identity, tally};
use wxcast::send::dispatcher;
use wxcast::send::execution::observer::{Observer, Unwatched};
use wxcast::send::execution::results::{Concluded, Results};
use wxcast::send::execution::{Basis, Execution, Sending};
use wxcast::wechat::client::{Client, Timeouts};
use wxcast::wechat::token::Tokens;
use wxcast::wechat::token::source::TokenSource;

use crate::crash::{assert_equal, count};
use crate::support::{APPID, Platform, SECRET, World};

/// A journal whose process dies at a boundary: what would come after it never happens.
#[derive(Clone)]
struct Mortal {
    writer: Writer,
    /// How many boundaries it passes alive.
    left: Arc<AtomicI64>,
    died: Arc<Notify>,
}

impl Mortal {
    /// Whether the process is alive beyond the next boundary.
    fn passes(&self) -> bool {
        let alive = self.left.fetch_sub(1, Ordering::SeqCst) > 0;
        if !alive {
            self.died.notify_one();
        }
        alive
    }
}

impl Journal for Mortal {
    async fn intent(&self, intent: Intent) -> Result<MessageKey, JournalError> {
        if !self.passes() {
            std::future::pending::<()>().await;
        }
        let id = self.writer.intent(intent).await?;
        if !self.passes() {
            std::future::pending::<()>().await;
        }
        Ok(id)
    }

    fn outcome(&self, id: MessageKey, outcome: Outcome, attempt: Attempt) {
        if self.passes() {
            self.writer.outcome(id, outcome, attempt);
            self.passes();
        }
    }

    fn undelivered(&self, intent: Intent, outcome: Outcome, attempt: Attempt) {
        if self.passes() {
            self.writer.undelivered(intent, outcome, attempt);
            self.passes();
        }
    }

    fn skip(&self, message: Intent, skipped: Skipped) {
        if self.passes() {
            self.writer.skip(message, skipped);
            self.passes();
        }
    }

    fn flush_enough(&self) -> bool {
        self.writer.flush_enough()
    }

    fn flush(&self) {
        self.writer.flush();
    }
}

/// How a life of the program ended.
#[derive(Debug, PartialEq, Eq)]
enum Life {
    /// At its boundary.
    Died,
    /// With the audience; so many boundaries were left.
    Finished(i64),
}

/// Counts what became of the audience and writes nothing.
struct Counting(Arc<Campaign>, Arc<Plan>);

impl Results for Counting {
    fn refresh(&self, _: &Store) -> bool {
        true
    }

    fn conclude(&self, journal: &Store) -> Result<Concluded, JournalError> {
        let tally = tally(&self.0, &self.1, Some(journal)).unwrap_or_else(|error| panic!("{error:?}"));
        Ok(Concluded { tally, ..Concluded::default() })
    }
}

/// What `send` does once it has planned, watched by whom the test says.
pub(crate) fn execution<'o>(
    world: &World,
    platform: &Platform,
    observer: &'o mut dyn Observer,
) -> Execution<'o> {
    let campaign = Arc::new(campaign(world));
    let plan = Arc::new(plan(&campaign));
    let base = ApiBase::parse(&platform.base()).expect("a base");
    let timeouts = Timeouts { connect: Duration::from_secs(5), answer: Duration::from_secs(30) };
    let client = Client::new(base, timeouts).expect("a client");
    let secret = TokenSource::Secret { appid: APPID.to_owned(), secret: SecretString::from(SECRET) };
    let basis = Basis {
        whose: identity(&campaign),
        results: Arc::new(Counting(Arc::clone(&campaign), Arc::clone(&plan))),
        campaign,
        plan,
        state: world.state(),
        runtime: dispatcher::runtime().expect("a runtime"),
        tokens: Arc::new(Tokens::new(client.clone(), secret, None)),
        client,
        exit: |_| Exit::Ok,
        observer,
    };
    Execution { host: "model".to_owned(), ..Execution::new(basis) }
}

/// One life of the program, as `send` lives it, that ends after so many boundaries.
fn live(world: &World, platform: &Platform, boundaries: i64) -> (Life, Counts) {
    let mut unwatched = Unwatched;
    let execution = execution(world, platform, &mut unwatched);
    let results = Arc::clone(&execution.results);
    let (left, died) = (Arc::new(AtomicI64::new(boundaries)), Arc::new(Notify::new()));
    let mortal = |writer| Mortal { writer, left: Arc::clone(&left), died: Arc::clone(&died) };
    let begun = execution.begin(mortal).expect("a journal");
    match begun.send_until(died.notified()) {
        Sending::Over(sent) => {
            assert_eq!(sent.ended.stop, None);
            let life = match left.load(Ordering::SeqCst) {
                // It died at its very last record, in the turn in which the run ended.
                left if left < 0 => Life::Died,
                left => Life::Finished(left),
            };
            let counts = results.conclude(&sent.store).expect("counts").tally.counts;
            (life, counts)
        }
        Sending::CutOff((), store) => (Life::Died, results.conclude(&store).expect("counts").tally.counts),
    }
}

fn campaign(world: &World) -> Campaign {
    let validated =
        validate(&world.path("campaign.toml"), &world.read("campaign.toml"), &Overrides::default());
    validated.campaign.unwrap_or_else(|| panic!("{:?}", validated.faults))
}

/// What holds after every life: the counts add up to the audience, nobody was accepted twice, the journal and the
/// platform agree on everybody, and no more are unknown than were in flight.
#[track_caller]
fn assert_promises(world: &World, platform: &Platform, counts: &Counts, rows: u64, most_unknown: u64) {
    assert_eq!(counts.total(), rows, "{counts:?}");
    let journal = world.journal();
    assert_equal(&journal, platform, 0);
    let unknown = count(&journal, Status::Unknown);
    assert!(unknown <= most_unknown, "{unknown} unknown, at most {most_unknown}");
}

fn lost_answers(platform: &Platform) -> u64 {
    platform.ledger().totals().faults.get("reset-after").copied().unwrap_or_default()
}

/// Lives until the audience is settled, dying at each of these boundaries.
fn die_at(rows: usize, concurrency: u64, scenario: &str, boundaries: &[i64]) {
    let (world, platform) = (World::with_recipients(rows), Platform::new(scenario));
    world.text_campaign(
        "Hello {{name}}",
        &format!(
            "concurrency = {concurrency}\nretries = 0\n[send.stop]\nmax_refused = \"100%\"\nmax_unknown = 0"
        ),
    );
    let rows = rows as u64;
    let mut deaths = 0;
    for boundary in boundaries {
        let (life, counts) = live(&world, &platform, *boundary);
        deaths += u64::from(life == Life::Died);
        assert_promises(&world, &platform, &counts, rows, deaths * concurrency + lost_answers(&platform));
    }
    loop {
        let (life, counts) = live(&world, &platform, i64::MAX);
        assert_ne!(life, Life::Died);
        assert_promises(&world, &platform, &counts, rows, deaths * concurrency + lost_answers(&platform));
        // What is certainly not delivered is tried again by the next life.
        if counts.failed == 0 {
            assert_eq!((counts.unsent, counts.sent + counts.refused + counts.unknown), (0, rows));
            return;
        }
    }
}

const EVERYTHING: &str = "seed = 7\n[[answers]]\ncode = 45015\nshare = \"20%\"\n[[answers]]\ncode = -1\nshare = \"20%\"\ntimes = 1\n\
                          [[faults]]\nkind = \"reset-after\"\nshare = \"15%\"\ntimes = 1\n[token]\ndies_at_message = [5]";

/// Some seconds: there is a life for each boundary.
#[test]
fn dying_at_any_boundary_of_the_journal_doubles_nobody_and_loses_nobody() {
    const ROWS: usize = 8;
    let (world, platform) = (World::with_recipients(ROWS), Platform::new(""));
    let (Life::Finished(left), _) = live(&world, &platform, i64::MAX) else { panic!("it died") };
    // Before and after each intent and each outcome.
    assert_eq!(i64::MAX - left, 4 * ROWS as i64);
    for boundary in 0..4 * ROWS as i64 {
        die_at(ROWS, 3, EVERYTHING, &[boundary]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some seconds: each case is a campaign with several lives.
    #[test]
    fn any_faults_and_any_deaths_double_nobody_and_lose_nobody(
        seed in any::<u32>(),
        rows in 1..40_usize,
        concurrency in 1..9_u64,
        refused in 0..30_u8,
        busy in 0..30_u8,
        reset in 0..20_u8,
        boundaries in prop::collection::vec(0..120_i64, 0..5),
    ) {
        let scenario = format!(
            "seed = {seed}\nlatency = {{ min = \"0ms\", max = \"2ms\" }}\n[[answers]]\ncode = 45047\nshare = \"{refused}%\"\n\
             [[answers]]\ncode = -1\nshare = \"{busy}%\"\ntimes = 1\n[[faults]]\nkind = \"reset-after\"\nshare = \"{reset}%\"\ntimes = 1"
        );
        die_at(rows, concurrency, &scenario, &boundaries);
    }
}
