//! One run, from the journal opened to the results written; `send` and `rehearse` share it.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::cli::exit_code::Exit;
use crate::cli::line::args::Format;
use crate::cli::machine;
use crate::cli::platform::{Origin, Platform};
use crate::cli::problem::{
    account_problem, advice, declined_sentence, journal_problem, journal_reason, token_problem,
};
use crate::cli::quota;
use crate::cli::terminal::Terminal;
use crate::delivery::attempt::{Cause, Incident};
use crate::delivery::event::Event;
use crate::delivery::notice::Notice;
use crate::delivery::stop::Stop;
use crate::diagnostic::render::display;
use crate::journal::JournalError;
use crate::journal::identity::{Claim, RunKey};
use crate::journal::run::{RunEnd, RunStart};
use crate::journal::store::Store;
use crate::journal::writer::{Unwritten, Writer};
use crate::plan::{Plan, text_digest};
use crate::report::join::{self, JoinError, Tally, identity};
use crate::report::progress::{Progress, Style};
use crate::report::results::{self, ResultsError};
use crate::report::run::summary::{self, Summary, by_code};
use crate::send::ahead::{ahead, has_files};
use crate::send::dispatcher::{self, Ended};
use crate::send::feed::{self, Jobs, Policy};
use crate::send::media::{self, Depot};
use crate::send::shutdown::{Signals, StopFiles, ticks};
use crate::send::worker::Shared;
use crate::wechat::client::Client;
use crate::wechat::token::Tokens;

/// Results are refreshed no more often than this.
const REFRESH: Duration = Duration::from_secs(2);
/// And take no more than this part of the time.
const REFRESH_SHARE: u32 = 20;

/// What a run needs.
#[derive(Debug)]
pub(crate) struct Execution {
    /// The campaign.
    pub(crate) campaign: Arc<Campaign>,
    /// Its plan.
    pub(crate) plan: Arc<Plan>,
    /// The state folder.
    pub(crate) state: PathBuf,
    /// The platform.
    pub(crate) platform: Platform,
    /// Whether the quota is still to be asked for before the first message.
    pub(crate) asks_quota: bool,
    /// Which messages of earlier runs are sent again.
    pub(crate) policy: Policy,
    /// At most this many messages.
    pub(crate) limit: Option<u64>,
    /// How many there are to send, for the progress.
    pub(crate) total: u64,
    /// How progress is shown.
    pub(crate) progress: Style,
    /// Whether openids are masked in the results.
    pub(crate) masked: bool,
    /// Files that ask the run to stop.
    pub(crate) stop_files: StopFiles,
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The campaign.
    pub(crate) campaign: Arc<Campaign>,
    /// Its plan.
    pub(crate) plan: Arc<Plan>,
    /// What became of the audience.
    pub(crate) tally: Tally,
    /// The results file, where it was written.
    pub(crate) results: Option<PathBuf>,
    /// Whether it could not be.
    pub(crate) unwritable: bool,
    /// Why it stopped, where it did not just finish.
    pub(crate) stop: Option<Stop>,
    /// How many requests it made.
    pub(crate) requests: u64,
    /// How many media files it uploaded.
    pub(crate) uploads: u64,
    /// How long it sent.
    pub(crate) duration: Duration,
    /// Outcomes that could not be written.
    pub(crate) unwritten: Option<Unwritten>,
    /// Where AppID and AppSecret came from, where they were needed.
    pub(crate) origin: Option<Origin>,
}

/// Sends.
///
/// # Errors
///
/// The exit, already told, when the run could not begin or its end could not be read.
pub(crate) fn execute(execution: Execution, terminal: &Terminal) -> Result<Finished, Exit> {
    let Platform { runtime, client, tokens, origin } = execution.platform;
    let (campaign, plan) = (Arc::clone(&execution.campaign), Arc::clone(&execution.plan));
    let begun = begin(&campaign, &plan, &client, &execution.state, execution.policy)
        .map_err(|error| journal_problem(&error, terminal))?;
    if !begun.store.is_shareable() {
        terminal.say("journal-unshared", &[]);
    }
    let (writer, thread) = Writer::start(begun.store, begun.claim, campaign.send.concurrency);
    note_tokens(&tokens, &writer, begun.run);
    let refresher =
        Refresher::start(Arc::clone(&campaign), Arc::clone(&plan), execution.state.clone(), execution.masked);
    let stop_files = execution.stop_files;
    let (signals, stop) = runtime.block_on(async {
        let mut signals = Signals::listen();
        if !execution.asks_quota {
            return (signals, None);
        }
        let asked = unless_stopped(quota::ask(&client, &tokens), &mut signals, &stop_files).await;
        let stop = asked.map(|asked| quota::warn(&asked, &campaign, execution.total, terminal)).err();
        (signals, stop)
    });
    let progress = Progress::new(execution.progress, execution.total, &terminal.words);
    let settings = media_settings(&campaign, &execution.state);
    let media =
        Arc::new(Depot::new(client.clone(), Arc::clone(&tokens), settings, Box::new(progress.observer())));
    let hosts = client.clone();
    let notes = writer.clone();
    let shared = Arc::new(Shared { client, tokens, media: Arc::clone(&media), journal: writer.clone() });
    let (ended, written) = runtime.block_on(async {
        if stop.is_some() {
            return (Ended { stop, requests: 0, duration: Duration::ZERO }, writer.finish().await);
        }
        let jobs = if has_files(&campaign) { ahead(begun.jobs, Arc::clone(&media)) } else { begun.jobs };
        let run = dispatcher::Run {
            campaign: &campaign,
            jobs,
            shared,
            limit: execution.limit,
            watch: &mut |event: &Event| {
                if let Some(notice) = Notice::of(event) {
                    notes.notice(begun.run, Timestamp::now(), notice);
                }
                progress.observe(event);
            },
            signals,
            stop_files,
        };
        (dispatcher::run(run).await, writer.finish().await)
    });
    let uploads = media.uploads();
    drop(media);
    // Uploads for messages that are not sent any more end here, and with them whoever may report progress.
    drop(runtime);
    progress.finish();
    refresher.stop();
    for (host, count) in hosts.stood_in() {
        terminal.say("stood-in", &[("host", &host), ("count", &count)]);
    }
    let mut store = thread.join().map_err(|_| {
        terminal.complain("internal", &[]);
        Exit::Internal
    })?;
    tell_index(&store.index_persons(begun.claim, &campaign.account.appid), terminal);
    // What was broken off by a second signal has an intent and no outcome.
    let aborted = store.recover(begun.claim, Incident::Aborted);
    let unwritten = written.err().or_else(|| aborted.err().map(|error| Unwritten { count: 0, error }));
    let Ended { mut stop, requests, duration } = ended;
    let (tally, results, unwritable) =
        match write_results(&campaign, &plan, Some(&store), execution.masked, terminal) {
            Ok((tally, results)) => (tally, results.clone(), results.is_none()),
            Err(JoinError::Journal(error)) => return Err(journal_problem(&error, terminal)),
            // The file on disk is no longer what was sent; what was is in the journal.
            Err(JoinError::Audience(_) | JoinError::Changed) => {
                stop = stop.filter(|stop| stop.rank() > Stop::Changed.rank()).or(Some(Stop::Changed));
                let tally = join::tally_of_journal(&store, begun.claim.campaign());
                (tally.map_err(|error| journal_problem(&error, terminal))?, None, false)
            }
        };
    let origin = Some(origin);
    let finished = Finished {
        campaign,
        plan,
        tally,
        results,
        unwritable,
        stop,
        requests,
        uploads,
        duration,
        unwritten,
        origin,
    };
    // A journal that takes no end of a run has said so before; the run is then read as one that crashed.
    let _ = store.end_run(begun.run, &finished.run_end());
    Ok(finished)
}

/// Says what putting the persons of a run in order has found. That it could not be done costs only time later.
fn tell_index(twice: &Result<u64, JournalError>, terminal: &Terminal) {
    if let Ok(twice @ 1..) = twice {
        terminal.say("journal-twice", &[("count", twice)]);
    }
}

/// Notes in the journal when the run asks for a token, and why.
fn note_tokens(tokens: &Tokens, writer: &Writer, run: RunKey) {
    let writer = writer.clone();
    tokens.watch(move |fetch| writer.notice(run, fetch.at, Notice::Token(fetch)));
}

/// How the media files of a campaign are uploaded.
pub(crate) fn media_settings(campaign: &Campaign, state: &Path) -> media::Settings {
    media::Settings {
        appid: campaign.account.appid.clone(),
        state: state.to_owned(),
        rates: campaign.send.upload_rates.clone(),
        retries: campaign.send.retries,
    }
}

/// What comes of asking, unless the run is stopped before.
async fn unless_stopped<T>(
    asked: impl Future<Output = T>,
    signals: &mut Signals,
    stop_files: &StopFiles,
) -> Result<T, Stop> {
    let mut ticks = ticks();
    tokio::select! {
        biased;
        stop = signals.next() => Err(stop),
        () = stop_files.appear(&mut ticks) => Err(Stop::Asked),
        asked = asked => Ok(asked),
    }
}

/// A run whose beginning is in the journal.
struct Begun {
    store: Store,
    claim: Claim,
    run: RunKey,
    jobs: Jobs,
}

fn begin(
    campaign: &Arc<Campaign>,
    plan: &Arc<Plan>,
    client: &Client,
    state: &Path,
    policy: Policy,
) -> Result<Begun, JournalError> {
    let mut store = Store::open(state)?;
    let whose = identity(campaign);
    let claim = store.claim(&whose, Incident::Crash)?;
    let run = store.begin_run(claim, &run_start(campaign, plan, client))?;
    let reading = Store::open(state)?;
    let jobs = feed::start(Arc::clone(campaign), Arc::clone(plan), reading, &whose, policy)?;
    Ok(Begun { store, claim, run, jobs })
}

/// Writes the results, beside the usual file where that one cannot be written, and counts what they say.
///
/// # Errors
///
/// When audience or journal cannot be read, or the audience is no longer what was planned.
pub(crate) fn write_results(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    masked: bool,
    terminal: &Terminal,
) -> Result<(Tally, Option<PathBuf>), JoinError> {
    let usual = &campaign.results.path;
    let mut first = None;
    for path in std::iter::once(usual.clone()).chain(seconds(usual)) {
        let written = results::write(campaign, plan, store, &path, masked).and_then(|tally| {
            results::write_parts(campaign, plan, store, &path, masked, &tally).map(|()| tally)
        });
        match written {
            Ok(tally) => {
                if let Some(reason) = first {
                    let places: [(&str, &dyn Display); 3] =
                        [("file", &display(usual)), ("reason", &reason), ("second", &display(&path))];
                    terminal.say("results-elsewhere", &places);
                }
                return Ok((tally, Some(path)));
            }
            Err(ResultsError::File(error)) => first = first.or(Some(error)),
            Err(ResultsError::Join(error)) => return Err(error),
        }
    }
    if let Some(reason) = first {
        terminal.complain("cannot-write", &[("file", &display(usual)), ("reason", &reason)]);
    }
    Ok((join::tally(campaign, plan, store)?, None))
}

/// Other names for a file that is open in another program.
fn seconds(usual: &Path) -> impl Iterator<Item = PathBuf> {
    let extension = usual.extension().map(|extension| extension.to_string_lossy().into_owned());
    (2..10).map(move |number| {
        usual.with_extension(match &extension {
            Some(extension) => format!("{number}.{extension}"),
            None => number.to_string(),
        })
    })
}

fn run_start(campaign: &Campaign, plan: &Plan, client: &Client) -> RunStart {
    let skipped = [("duplicate", plan.counts.duplicate), ("invalid", plan.counts.invalid)];
    RunStart {
        started: Timestamp::now(),
        pid: std::process::id(),
        host: machine::name(),
        digest: plan.digest.to_string(),
        text: text_digest(campaign, plan).to_string(),
        planned: plan.counts.planned,
        skipped: skipped
            .map(|(reason, count)| (reason.to_owned(), count))
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect(),
        plan: None,
        hosts: client.hosts().all().iter().map(ToString::to_string).collect(),
    }
}

impl Finished {
    /// How it ends: the most important of all that applies.
    pub(crate) fn exit(&self) -> Exit {
        let counts = Exit::of_counts(&self.tally.counts);
        let stop = self.stop.as_ref().map_or(Exit::Ok, Exit::of_stop);
        let unwritten = self.unwritten.as_ref().map_or(Exit::Ok, |_| Exit::Storage);
        let results = if self.unwritable { Exit::Storage } else { Exit::Ok };
        counts.max(stop).max(unwritten).max(results)
    }

    fn run_end(&self) -> RunEnd {
        let exit = self.exit();
        RunEnd {
            ended: Timestamp::now(),
            ending: exit.name().to_owned(),
            exit: exit.code(),
            requests: self.requests,
            reason: self.stop.as_ref().map(|stop| stop.reason().to_string()),
            counts: self.tally.counts,
        }
    }
}

/// Tells how a run ended and gives its exit.
pub(crate) fn report(finished: &Finished, format: Format, terminal: &Terminal) -> Exit {
    let exit = finished.exit();
    if let Some(stop) = &finished.stop {
        told(stop, &finished.campaign, finished.origin.as_ref(), terminal);
    }
    if let Some(unwritten) = finished.unwritten.as_ref().filter(|unwritten| unwritten.count == 0) {
        journal_problem(&unwritten.error, terminal);
    } else if let Some(unwritten) = &finished.unwritten {
        terminal.complain(
            "unwritten",
            &[("count", &unwritten.count), ("reason", &journal_reason(&unwritten.error, &terminal.words))],
        );
    }
    let seconds = finished.duration.as_secs_f64();
    // Counts of requests fit a float well enough for a rate.
    #[expect(clippy::cast_precision_loss)]
    let rate = if seconds > 0.0 { finished.requests as f64 / seconds } else { 0.0 };
    let results = finished.results.as_ref().map(|path| display(path));
    match format {
        Format::Json => terminal.json(&Summary {
            campaign: finished.campaign.id.to_string(),
            wave: finished.campaign.wave,
            digest: finished.plan.digest.to_string(),
            counts: finished.tally.counts,
            refused_by_code: by_code(&finished.tally.refused_by_code),
            requests: finished.requests,
            duration_seconds: (seconds * 1000.0).round() / 1000.0,
            rate: (rate * 10.0).round() / 10.0,
            results,
            exit: summary::Exit { code: exit.code(), name: exit.name().to_owned() },
        }),
        Format::Human => {
            terminal.data(&summary::counts(
                &finished.tally.counts,
                &finished.tally.refused_by_code,
                &terminal.words,
            ));
            if let Some(results) = results {
                terminal.say("summary.results", &[("file", &results)]);
            }
            let duration = format!("{seconds:.1}");
            let rate = format!("{rate:.1}");
            if finished.uploads > 0 {
                terminal.say("summary.uploads", &[("count", &finished.uploads)]);
            }
            terminal.say(
                "summary.requests",
                &[("requests", &finished.requests), ("seconds", &duration), ("rate", &rate)],
            );
        }
    }
    exit
}

/// Says why a run stopped.
pub(crate) fn told(stop: &Stop, campaign: &Campaign, origin: Option<&Origin>, terminal: &Terminal) {
    let say = |key: &str, places: &[(&str, &dyn Display)]| terminal.complain(&format!("stop.{key}"), places);
    match stop {
        Stop::Interrupted | Stop::Terminated => say("signal", &[]),
        Stop::Asked => terminal.say("stop-asked", &[]),
        Stop::Limit => terminal.say("stop-limit", &[]),
        Stop::Quota { code, errmsg } => {
            say("quota", &[("code", code), ("errmsg", &errmsg.text()), ("advice", &advice(*code, terminal))])
        }
        Stop::Account { code, errmsg } => account_problem(*code, errmsg, origin, terminal),
        Stop::Token(error) => token_problem(error, origin, terminal),
        Stop::Content { code, errmsg } => {
            let fields: Vec<String> = campaign.body.slots().iter().map(|slot| slot.at.to_string()).collect();
            say(
                "content",
                &[
                    ("code", code),
                    ("errmsg", &errmsg.text()),
                    ("fields", &fields.join(", ")),
                    ("advice", &advice(*code, terminal)),
                ],
            );
        }
        Stop::Unfamiliar { code, errmsg, count } => say(
            "unfamiliar",
            &[
                ("code", code),
                ("errmsg", &errmsg.text()),
                ("count", count),
                ("advice", &advice(*code, terminal)),
            ],
        ),
        Stop::Declined { status, count } => {
            terminal.complain_text(&declined_sentence("declined", *status, *count, terminal));
        }
        Stop::Refused { refused, answered } => {
            say("refused", &[("refused", refused), ("answered", answered)])
        }
        Stop::Unknown { count } => say("unknown", &[("count", count)]),
        Stop::Unreachable { count } => match origin.and_then(Origin::host) {
            Some(host) => say("unreachable-at", &[("host", &host), ("count", count)]),
            None => say("unreachable", &[("count", count)]),
        },
        Stop::Changed => say("changed", &[]),
        Stop::FileChanged { file } => say("file-changed", &[("file", file)]),
        Stop::Media { file, cause } => media_stop(file, cause, terminal),
        Stop::Storage(reason) => say("storage", &[("reason", reason)]),
    }
}

/// Says why a media file that everybody gets is not to be had.
pub(crate) fn media_stop(file: &str, cause: &Cause, terminal: &Terminal) {
    match cause {
        Cause::Answer { code, errmsg } => terminal.complain(
            "stop.media",
            &[
                ("file", &file),
                ("code", code),
                ("errmsg", &errmsg.text()),
                ("advice", &advice(*code, terminal)),
            ],
        ),
        Cause::Event(incident) => {
            terminal.complain("stop.media-unreachable", &[("file", &file), ("reason", incident)]);
        }
    }
}

/// Writes the results again and again while a run goes on.
struct Refresher {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Refresher {
    fn start(campaign: Arc<Campaign>, plan: Arc<Plan>, state: PathBuf, masked: bool) -> Self {
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let mut pause = REFRESH;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let begun = Instant::now();
                // A refresh that fails is tried again later; the last writing tells what is wrong.
                if let Ok(Some(store)) = Store::read(&state) {
                    let path = &campaign.results.path;
                    let _ = results::write(&campaign, &plan, Some(&store), path, masked);
                }
                pause = REFRESH.max(begun.elapsed() * REFRESH_SHARE);
            }
        });
        Self { stop, thread }
    }

    fn stop(self) {
        let _ = self.stop.send(());
        // It writes by temporary file and rename; a panic in it costs a refresh and nothing more.
        let _ = self.thread.join();
    }
}
