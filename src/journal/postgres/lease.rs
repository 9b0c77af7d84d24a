//! A process that sends says every few seconds that it is alive. It has a connection and a thread for that, so that it says
//! so while it waits for anything else.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::journal::JournalError;
use crate::journal::identity::Claim;
use crate::journal::postgres::columns::{campaign, epoch};
use crate::journal::postgres::session::{Session, parameters};
use crate::journal::postgres::settings::Settings;

/// How long a process may be silent, by the database's clock, before others take over what it had, as the database says it.
pub(crate) const LEASE: &str = "interval '30 seconds'";
/// How often it says that it is alive: several times in that.
const EVERY: Duration = Duration::from_secs(5);

/// Says that a process is alive until it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lease {
    /// Begins to say so.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached.
    pub(crate) fn keep(settings: &Settings, claim: Claim) -> Result<Self, JournalError> {
        let session = Session::open(settings)?;
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let alive = format!(
                "UPDATE wxcast.worker SET until = clock_timestamp() + {LEASE} \
                 WHERE campaign = $1 AND epoch = $2 AND ended IS NULL"
            );
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // While the database is away nobody else can ask it either.
                let _ = session.execute(&alive, parameters![campaign(claim.campaign), epoch(claim)]);
            }
        });
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
