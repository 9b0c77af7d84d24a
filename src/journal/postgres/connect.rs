//! A connection to a database that code can use which does not wait in futures: a thread of its own drives it.
//!
//! What a server warns of comes before its answer and is kept aside until it is asked for: a commit that was not
//! confirmed by the standby it should wait for succeeds with a warning.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use futures_util::StreamExt as _;
use secrecy::ExposeSecret as _;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::error::{DbError, Severity};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Config, Row, Socket};

use crate::journal::JournalError;
use crate::journal::error::Place;
use crate::journal::postgres::settings::{Host, Mode, Settings};
use crate::journal::postgres::tls::{Private, Tls};

/// How long an answer may take before the connection counts as lost.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a connection may be silent before it is tested, and how long an acknowledgement may take.
const IDLE: Duration = Duration::from_secs(10);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_millis(200);

/// An open connection.
pub(crate) struct Connection {
    /// Nothing once it is being closed.
    client: Option<Client>,
    waiter: Waiter,
    warnings: Warnings,
    place: Place,
    /// Held until it is to be closed.
    closing: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Waits for what a connection answers.
#[derive(Debug, Clone)]
pub(crate) struct Waiter(Handle);

/// Why the database did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It says why, or the connection broke.
    Database(tokio_postgres::Error),
    /// It did not answer in time.
    TimedOut,
}

/// Which server will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// One that takes writes.
    Primary,
    /// The first that answers.
    Any,
}

type Warnings = Arc<Mutex<Vec<DbError>>>;
type Driven = tokio_postgres::Connection<Socket, Private>;

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects to the first host that takes writes.
    ///
    /// # Errors
    ///
    /// When none does.
    pub(crate) fn open(settings: &Settings) -> Result<Self, JournalError> {
        Self::open_to(settings, Wanted::Primary)
    }

    /// Connects to the first host that will do.
    ///
    /// # Errors
    ///
    /// When none does.
    pub(crate) fn open_to(settings: &Settings, wanted: Wanted) -> Result<Self, JournalError> {
        let place = settings.place();
        let failed = |reason: String| JournalError::Unreachable { place: place.clone(), reason };
        let (tell, told) = mpsc::channel();
        let (closing, closed) = oneshot::channel();
        let warnings = Warnings::default();
        let (kept, settings) = (Arc::clone(&warnings), settings.clone());
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || drive(&settings, wanted, &kept, closed, &tell))
            .map_err(|error| failed(error.to_string()))?;
        match told.recv() {
            Ok(Ok((client, waiter))) => {
                let (client, closing, thread) = (Some(client), Some(closing), Some(thread));
                Ok(Self { client, waiter, warnings, place, closing, thread })
            }
            Ok(Err(reason)) => Err(failed(reason)),
            Err(mpsc::RecvError) => Err(failed(io::Error::from(io::ErrorKind::BrokenPipe).to_string())),
        }
    }

    /// What speaks to the database.
    pub(crate) fn client(&self) -> &Client {
        self.client.as_ref().expect("it is there until the connection is dropped")
    }

    /// Waits for an answer.
    ///
    /// # Errors
    ///
    /// When it is an error, or does not come in time. After the latter the connection is of no more use.
    pub(crate) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        self.waiter.wait(answer)
    }

    /// Calls `each` with every row of an answer, without having more than a few of them in memory.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub(crate) fn each_row(
        &self,
        query: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
        mut each: impl FnMut(&Row),
    ) -> Result<(), Fault> {
        let parameters = parameters.iter().map(|(value, of)| (*value, of.clone()));
        let rows = self.wait(self.client().query_typed_raw(query, parameters))?;
        let mut rows = pin!(rows);
        while let Some(row) = self.wait(async { rows.next().await.transpose() })? {
            each(&row);
        }
        Ok(())
    }

    /// Forgets what was warned of so far.
    pub(crate) fn forget_warnings(&self) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What the server warned of since that was forgotten.
    pub(crate) fn warnings(&self) -> Vec<DbError> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is over.
    pub(crate) fn is_closed(&self) -> bool {
        self.client().is_closed()
    }

    /// Why the journal cannot be read.
    pub(crate) fn unreadable(&self, fault: &Fault) -> JournalError {
        JournalError::Unreadable { place: self.place.clone(), reason: fault.to_string() }
    }

    /// Why the journal cannot be written.
    pub(crate) fn unwritable(&self, fault: &Fault) -> JournalError {
        JournalError::Unwritable { reason: fault.to_string() }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The thread says farewell when nobody can ask any more, and takes no longer than that takes.
        self.client = None;
        self.closing = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Waiter {
    /// Waits for an answer, on whatever thread: also on one that runs a runtime of its own.
    ///
    /// # Errors
    ///
    /// As [`Connection::wait`].
    pub(crate) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Fault> {
        let _timers = self.0.enter();
        match parked(timeout(ANSWER, answer)) {
            Ok(answer) => answer.map_err(Fault::Database),
            Err(_) => Err(Fault::TimedOut),
        }
    }
}

impl Fault {
    /// Whether the connection is of no more use, so that nobody knows whether what was asked was done.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::TimedOut => true,
            // What the server says while it stops a session is of the classes 57 and 08.
            Self::Database(error) => match error.as_db_error() {
                None => true,
                Some(said) => said.code().code().starts_with("57P") || said.code().code().starts_with("08"),
            },
        }
    }
}

/// In the words of the server or the system.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => io::Error::from(io::ErrorKind::TimedOut).fmt(f),
            Self::Database(error) => f.write_str(&reason(error)),
        }
    }
}

/// Why, without what says only that it is an error.
fn reason(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        // The code, because servers speak many languages.
        return format!("{} ({})", said.message(), said.code().code());
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Connects, hands over what speaks, and drives the connection until nobody can ask any more.
fn drive(
    settings: &Settings,
    wanted: Wanted,
    warnings: &Warnings,
    closing: oneshot::Receiver<()>,
    tell: &mpsc::Sender<Result<(Client, Waiter), String>>,
) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(tell.send(Err(error.to_string()))),
    };
    runtime.block_on(async {
        let (client, connection) = match connect(settings, wanted).await {
            Ok(connected) => connected,
            Err(reason) => return drop(tell.send(Err(reason))),
        };
        if tell.send(Ok((client, Waiter(Handle::current())))).is_err() {
            return;
        }
        let mut relayed = pin!(relay(connection, warnings));
        tokio::select! {
            () = &mut relayed => return,
            _ = closing => {}
        }
        // A server that has gone silent is not waited for.
        let _ = timeout(FAREWELL, relayed).await;
    });
}

/// Moves what is said to and fro, and keeps warnings, until the connection is over.
async fn relay(mut connection: Driven, warnings: &Warnings) {
    poll_fn(|context| {
        loop {
            match ready!(connection.poll_message(context)) {
                Some(Ok(AsyncMessage::Notice(said))) => {
                    if said.parsed_severity() == Some(Severity::Warning) {
                        warnings.lock().unwrap_or_else(PoisonError::into_inner).push(said);
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Poll::Ready(()),
            }
        }
    })
    .await;
}

/// The first host that will do; else why none does.
async fn connect(settings: &Settings, wanted: Wanted) -> Result<(Client, Driven), String> {
    let mut reasons = Vec::new();
    for host in &settings.hosts {
        let reason = match timeout(settings.connect, connect_to(settings, host, wanted)).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(reason)) => reason,
            Err(_) => io::Error::from(io::ErrorKind::TimedOut).to_string(),
        };
        reasons.push(if settings.hosts.len() > 1 { format!("{host}: {reason}") } else { reason });
    }
    Err(reasons.join("; "))
}

async fn connect_to(settings: &Settings, host: &Host, wanted: Wanted) -> Result<(Client, Driven), String> {
    let mode = settings.mode(host);
    let mut config = Config::new();
    config
        .host(&host.name)
        .port(host.port)
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name("wxcast")
        .ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        })
        .keepalives_idle(IDLE)
        .keepalives_interval(IDLE)
        .keepalives_retries(2)
        .tcp_user_timeout(ANSWER)
        .target_session_attrs(match wanted {
            Wanted::Primary => TargetSessionAttrs::ReadWrite,
            Wanted::Any => TargetSessionAttrs::Any,
        });
    if let Some(password) = settings.password(host).map_err(|error| error.to_string())? {
        config.password(password.expose_secret());
    }
    let tls = Tls::new(mode, settings.root.as_deref()).map_err(|error| error.to_string())?;
    config.connect(tls).await.map_err(|error| reason(&error))
}

/// Wakes a thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, which may be one that a runtime runs on: another thread does what it waits for.
fn parked<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut future, mut context) = (pin!(future), Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
