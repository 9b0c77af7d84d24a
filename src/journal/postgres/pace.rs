//! The pace of an account over all computers, without anybody who leads.
//!
//! Whoever sends takes the permits of the next moments from one row of the database, which lets each of them be taken
//! once: the row holds the time from which permits are left. They come back as times by the database's clock, and are
//! kept by this computer's steady one, so that a clock that is wrong changes nothing. One that is not used within a
//! moment is lost, since those who come later have been given theirs already.
//!
//! The same row slows everybody down when the platform is busy, and tells them to stop.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::api_base::Destination;
use crate::journal::identity::Identity;
use crate::journal::postgres::connect::{Connection, Fault};
use crate::journal::postgres::settings::Settings;

/// So much time's permits are taken at once; and as often it is asked whether to stop.
const CHUNK: Duration = Duration::from_millis(200);
/// A permit may be used so much later than it was meant: a timer is always a little late.
const LATE: Duration = Duration::from_millis(20);
/// How long permits may be out of reach before nothing more is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A row for the account, and when this began by the database's clock.
const BEGIN: &str = "INSERT INTO wxcast.account (appid, destination) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const NOW: &str = "SELECT clock_timestamp()::text";

/// Takes permits: from when, how far from now that is in microseconds, at which share of the pace, and whether to stop. Who
/// kept to a lower pace for a while takes it a step faster.
const TAKE: &str = "
UPDATE wxcast.account SET
  factor = CASE WHEN factor < 1 AND factor_at < clock_timestamp() - interval '5 s' THEN least(1, factor * 1.5) ELSE factor END,
  factor_at = CASE WHEN factor < 1 AND factor_at < clock_timestamp() - interval '5 s' THEN clock_timestamp() ELSE factor_at END,
  tat = greatest(tat, clock_timestamp()) + make_interval(secs => $3 * $4 / factor)
WHERE appid = $1 AND destination = $2
RETURNING (extract(epoch FROM tat - clock_timestamp()) * 1000000)::bigint, factor::float8, stopped IS NOT NULL OR EXISTS (
  SELECT FROM wxcast.campaign c WHERE c.appid = $1 AND c.destination = $2 AND c.campaign = $5 AND c.stopped::timestamptz > $6::text::timestamptz)";

/// Only whether to stop.
const LOOK: &str = "
SELECT 0::bigint, factor::float8, stopped IS NOT NULL OR EXISTS (
  SELECT FROM wxcast.campaign c WHERE c.appid = $1 AND c.destination = $2 AND c.campaign = $3 AND c.stopped::timestamptz > $4::text::timestamptz)
FROM wxcast.account WHERE appid = $1 AND destination = $2";

/// Halves the pace for everybody; signs of the same moment count once.
const HALVE: &str = "
UPDATE wxcast.account SET factor = greatest(factor / 2, 1.0 / 64), factor_at = clock_timestamp()
WHERE appid = $1 AND destination = $2 AND (factor_at IS NULL OR factor = 1 OR factor_at < clock_timestamp() - interval '1 s')";

/// What a run takes its permits from.
#[derive(Debug)]
pub(crate) struct SharedPace {
    known: Arc<Known>,
    ask: Option<Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
    /// How many permits are taken at once, and how far apart they are.
    chunk: usize,
}

/// What is known at this moment.
#[derive(Debug, Default)]
struct Known {
    now: Mutex<Now>,
    changed: Notify,
}

#[derive(Debug)]
struct Now {
    /// When a request may be made, the first one first.
    permits: VecDeque<Instant>,
    /// Whether permits were asked for and have not come.
    asked: bool,
    /// Which share of the pace everybody keeps to.
    factor: f64,
    stopped: bool,
    /// Why no permits come any more.
    lost: Option<String>,
}

impl Default for Now {
    fn default() -> Self {
        Self { permits: VecDeque::new(), asked: false, factor: 1.0, stopped: false, lost: None }
    }
}

impl Now {
    /// When the next request may be made; nothing where that is not known, or nobody is to make one.
    fn next(&self) -> Option<Instant> {
        self.permits.front().copied().filter(|_| !self.stopped)
    }
}

enum Ask {
    Take,
    Halve,
}

/// Whose permits they are.
struct Whose {
    settings: Settings,
    identity: Identity,
    destination: Destination,
    step: Duration,
    chunk: usize,
    /// When this began, in the database's words.
    began: String,
}

impl SharedPace {
    /// Begins to share the pace of an account; a request may follow another after `step`.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or written.
    pub(crate) fn begin(
        settings: &Settings,
        identity: &Identity,
        destination: Destination,
        step: Duration,
    ) -> Result<Self, crate::journal::JournalError> {
        let connection = Connection::open(settings)?;
        let account: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
            [(&identity.appid, Type::TEXT), (&destination.name(), Type::TEXT)];
        let begun = connection
            .wait(connection.client().execute_typed(BEGIN, &account))
            .and_then(|_| connection.wait(connection.client().query_typed_one(NOW, &[])))
            .and_then(|row| row.try_get(0).map_err(Fault::Database));
        let began = begun.map_err(|fault| connection.unwritable(&fault))?;
        let chunk = CHUNK.as_nanos().div_ceil(step.as_nanos().max(1));
        let chunk = usize::try_from(chunk).unwrap_or(usize::MAX).max(1);
        let whose =
            Whose { settings: settings.clone(), identity: identity.clone(), destination, step, chunk, began };
        let known = Arc::<Known>::default();
        let (ask, asked) = mpsc::channel();
        let told = Arc::clone(&known);
        let thread = thread::spawn(move || whose.serve(connection, &asked, &told));
        Ok(Self { known, ask: Some(ask), thread: Some(thread), chunk })
    }

    /// Uses a permit where there is one for this moment.
    pub(crate) fn passes(&self) -> bool {
        let mut now = self.known.now();
        if now.stopped {
            return false;
        }
        let moment = Instant::now();
        while now.permits.front().is_some_and(|permit| moment.duration_since(*permit) > LATE) {
            now.permits.pop_front();
        }
        let passes = now.permits.pop_front_if(|permit| *permit <= moment).is_some();
        if now.permits.len() <= self.chunk / 2 && !now.asked {
            now.asked = true;
            self.ask(Ask::Take);
        }
        passes
    }

    /// Waits for a permit, and uses it. It may be broken off and called again.
    pub(crate) async fn pace(&self) {
        while !self.passes() {
            let changed = self.known.changed.notified();
            let next = self.known.now().next();
            match next {
                Some(next) => tokio::time::sleep_until(next.into()).await,
                None => changed.await,
            }
        }
    }

    /// Halves the pace of everybody: the platform is busy.
    pub(crate) fn slow_down(&self) {
        self.ask(Ask::Halve);
    }

    /// Which share of the pace everybody keeps to, as it was said last.
    pub(crate) fn factor(&self) -> f64 {
        self.known.now().factor
    }

    /// Whether somebody asked to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.known.now().stopped
    }

    /// Why there are no permits any more, where there are none.
    pub(crate) fn lost(&self) -> Option<String> {
        self.known.now().lost.clone()
    }

    fn ask(&self, ask: Ask) {
        // A thread that has ended has said why.
        let _ = self.ask.as_ref().map(|thread| thread.send(ask));
    }
}

impl Drop for SharedPace {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Known {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Whose {
    /// Asks the database what it is asked to, and five times a second whether to stop, until nobody asks any more.
    fn serve(&self, connection: Connection, asked: &mpsc::Receiver<Ask>, known: &Known) {
        let mut connection = Some(connection);
        let mut away: Option<Instant> = None;
        let mut again = None;
        loop {
            let ask = match again.take().map_or_else(|| asked.recv_timeout(CHUNK), Ok) {
                Ok(ask) => Some(ask),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let answer = match &connection {
                Some(connection) => {
                    self.answer(connection, ask.as_ref(), known).map_err(|fault| fault.to_string())
                }
                None => Err(String::new()),
            };
            let Err(reason) = answer else {
                away = None;
                continue;
            };
            let since = *away.get_or_insert_with(Instant::now);
            if since.elapsed() > PATIENCE {
                known.now().lost = Some(reason);
                known.changed.notify_one();
                return;
            }
            // What cannot be taken now is asked for again; the pace stands still meanwhile.
            again = ask;
            drop(connection.take());
            thread::sleep(CHUNK);
            match Connection::open(&self.settings) {
                Ok(open) => connection = Some(open),
                Err(error) => {
                    if since.elapsed() > PATIENCE {
                        known.now().lost = Some(error.to_string());
                        known.changed.notify_one();
                        return;
                    }
                }
            }
        }
    }

    fn answer(&self, connection: &Connection, ask: Option<&Ask>, known: &Known) -> Result<(), Fault> {
        let client = connection.client();
        let (appid, destination) = (&self.identity.appid, self.destination.name());
        let step = self.step.as_secs_f64();
        match ask {
            Some(Ask::Take) => {
                let permits = u32::try_from(self.chunk).map_or(f64::from(u32::MAX), f64::from);
                let row = connection.wait(client.query_typed_one(
                    TAKE,
                    &[
                        (appid, Type::TEXT),
                        (&destination, Type::TEXT),
                        (&permits, Type::FLOAT8),
                        (&step, Type::FLOAT8),
                        (&self.identity.campaign, Type::TEXT),
                        (&self.began, Type::TEXT),
                    ],
                ))?;
                self.take(&row, known)?;
            }
            Some(Ask::Halve) => {
                let account = [(appid as _, Type::TEXT), (&destination as _, Type::TEXT)];
                connection.wait(client.execute_typed(HALVE, &account))?;
            }
            None => {
                let row = connection.wait(client.query_typed_one(
                    LOOK,
                    &[
                        (appid, Type::TEXT),
                        (&destination, Type::TEXT),
                        (&self.identity.campaign, Type::TEXT),
                        (&self.began, Type::TEXT),
                    ],
                ))?;
                let stopped = row.try_get(2).map_err(Fault::Database)?;
                known.now().stopped = stopped;
            }
        }
        Ok(())
    }

    /// Spreads permits by this computer's steady clock. The database looked at its own before its answer was here: from
    /// then on the permits lie a little too late, never too early.
    fn take(&self, row: &Row, known: &Known) -> Result<(), Fault> {
        let until: i64 = row.try_get(0).map_err(Fault::Database)?;
        let factor: f64 = row.try_get(1).map_err(Fault::Database)?;
        let stopped: bool = row.try_get(2).map_err(Fault::Database)?;
        let arrived = Instant::now();
        let step = self.step.div_f64(factor.clamp(1.0 / 64.0, 1.0));
        let until = Duration::from_micros(u64::try_from(until).unwrap_or(0));
        let mut now = known.now();
        let count = u32::try_from(self.chunk).unwrap_or(u32::MAX);
        now.permits.extend((1..=count).rev().map(|back| arrived + until.saturating_sub(step * back)));
        now.stopped = stopped;
        now.factor = factor;
        now.asked = false;
        drop(now);
        known.changed.notify_one();
        Ok(())
    }
}
