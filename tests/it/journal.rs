//! The journal after crashes and power cuts: the file as it was at any moment, torn pages and all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;
use wxcast::delivery::attempt::{Attempt, Cause, Incident};
use wxcast::delivery::outcome::Outcome;
use wxcast::journal::identity::{Channel, Claim, Identity, MessageKey};
use wxcast::journal::record::State;
use wxcast::journal::store::{FILE, Intent, Store};
use wxcast::journal::writer::Writer;
use wxcast::journal::{Journal as _, JournalError, flushing};
use wxcast::wechat::answer::errmsg::Errmsg;

use crate::support::openid;

fn identity() -> Identity {
    Identity { appid: "wx".into(), campaign: "c".into(), wave: 1, channel: Channel::Send }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

fn intent(id: Option<MessageKey>, index: usize, attempt: u32) -> Intent {
    Intent { id, openid: openid(index), nth: 1, attempt, at: Timestamp::UNIX_EPOCH, payload: 1 }
}

fn attempt(number: u32) -> Attempt {
    let cause = Cause::Answer { code: 0, errmsg: Errmsg::parse("ok") };
    Attempt { number, finished: Timestamp::UNIX_EPOCH, latency: Duration::ZERO, cause }
}

/// The states in a folder's journal, by openid, as the next process finds them after recovery.
fn found(folder: &Path) -> BTreeMap<String, State> {
    let mut store = Store::open(folder).expect("a sound journal");
    let mut states = BTreeMap::new();
    if let Some(campaign) = store.find_campaign(&identity()).expect("a readable journal") {
        store.claim(&identity(), Incident::Crash).expect("a recovery");
        store
            .messages(campaign, |message| {
                states.insert(message.recipient.to_string(), message.state);
            })
            .expect("messages");
    }
    states
}

/// A journal whose campaign may be written.
fn claimed(folder: &Path) -> (Store, Claim) {
    let mut store = Store::open(folder).expect("a journal");
    let claim = store.claim(&identity(), Incident::Crash).expect("a claim");
    (store, claim)
}

/// The journal's files as a crash at this moment would leave them.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().expect("a folder");
    for name in [FILE.to_owned(), format!("{FILE}-wal")] {
        if let Ok(bytes) = fs::read(from.join(&name)) {
            fs::write(to.path().join(&name), bytes).expect("a copy");
        }
    }
    to
}

#[test]
fn a_power_cut_in_the_middle_of_a_commit_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, claim) = claimed(folder.path());
    let (writer, thread) = Writer::start(store, claim, 8);
    let log = folder.path().join(format!("{FILE}-wal"));
    let length = || fs::metadata(&log).expect("a log").len();
    runtime().block_on(async {
        for index in 0..6 {
            let before = length();
            flushing(&writer, writer.intent(intent(None, index, 1))).await.expect("an intent");
            let after = length();
            assert!(after > before, "each acknowledged intent is in the log");
            // The last commit torn at any place of its pages, as unsynced pages may be.
            for cut in (before..=after).step_by(509) {
                let crashed = copy(folder.path());
                let torn = crashed.path().join(format!("{FILE}-wal"));
                let file = fs::OpenOptions::new().write(true).open(&torn).expect("the copied log");
                file.set_len(cut).expect("a cut");
                let states = found(crashed.path());
                assert!(states.len() >= index, "{} of {index} intents after a cut at {cut}", states.len());
                assert!(states.values().all(|state| *state == State::Settled(Outcome::Unknown)));
            }
        }
        writer.finish().await.expect("everything written");
    });
    thread.join().expect("the journal's thread");
}

/// What a random run does.
#[derive(Debug, Clone)]
enum Step {
    /// A message is begun, or begun again if it was put off.
    Begin(usize),
    /// A message in flight is answered.
    Answer(usize, Outcome),
    /// The process is killed and the next one takes over.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        Just(Outcome::Sent),
        Just(Outcome::Refused),
        Just(Outcome::Failed),
        Just(Outcome::Unknown),
        Just(Outcome::Postponed)
    ];
    prop_oneof![
        4 => (0..8_usize).prop_map(Step::Begin),
        4 => ((0..8_usize), outcome).prop_map(|(index, outcome)| Step::Answer(index, outcome)),
        1 => Just(Step::Crash),
    ]
}

/// What the journal must say of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Model {
    InFlight(MessageKey, u32),
    Settled(Outcome, MessageKey, u32),
}

proptest! {
    // Each case writes a real file with real syncs.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_any_crash_the_journal_knows_every_message_that_may_have_left(steps in prop::collection::vec(step(), 1..40)) {
        let mut folder = tempfile::tempdir().expect("a folder");
        let mut model: BTreeMap<usize, Model> = BTreeMap::new();
        let mut running = start(folder.path());
        for step in steps {
            match step {
                Step::Begin(index) => begin(&running.0, &mut model, index),
                Step::Answer(index, outcome) => answer(&running.0, &mut model, index, outcome),
                Step::Crash => {
                    // Everything acknowledged is on disk; an outcome that is still on its way may be lost with the
                    // process, and the message is then unknown: so outcomes are waited for before this crash.
                    settle(running);
                    let crashed = copy(folder.path());
                    folder = crashed;
                    for message in model.values_mut() {
                        if let Model::InFlight(id, attempts) = *message {
                            *message = Model::Settled(Outcome::Unknown, id, attempts);
                        }
                    }
                    let expected: BTreeMap<String, State> = model.iter().map(|(index, message)| match message {
                        Model::Settled(outcome, ..) => (openid(*index), State::Settled(*outcome)),
                        Model::InFlight(..) => unreachable!("none is left in flight"),
                    }).collect();
                    prop_assert_eq!(found(folder.path()), expected);
                    running = start(folder.path());
                }
            }
        }
        settle(running);
    }
}

type Running = (Writer, std::thread::JoinHandle<Store>);

fn start(folder: &Path) -> Running {
    let (store, claim) = claimed(folder);
    Writer::start(store, claim, 8)
}

fn settle((writer, thread): Running) {
    runtime().block_on(writer.finish()).expect("everything written");
    thread.join().expect("the journal's thread");
}

fn begin(writer: &Writer, model: &mut BTreeMap<usize, Model>, index: usize) {
    let (id, attempts) = match model.get(&index) {
        None => (None, 0),
        Some(Model::Settled(Outcome::Postponed | Outcome::Failed, id, attempts)) => (Some(*id), *attempts),
        // Never a second request for what is settled, or may have been delivered.
        Some(Model::Settled(..) | Model::InFlight(..)) => return,
    };
    let number = runtime()
        .block_on(flushing(writer, writer.intent(intent(id, index, attempts + 1))))
        .expect("an intent");
    assert!(id.is_none_or(|id| id == number), "a message keeps its number");
    model.insert(index, Model::InFlight(number, attempts + 1));
}

fn answer(writer: &Writer, model: &mut BTreeMap<usize, Model>, index: usize, outcome: Outcome) {
    if let Some(Model::InFlight(id, attempts)) = model.get(&index).copied() {
        writer.outcome(id, outcome, attempt(attempts));
        model.insert(index, Model::Settled(outcome, id, attempts));
    }
}

#[test]
fn a_process_whose_campaign_was_claimed_by_another_writes_nothing_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let (writer, thread) = start(folder.path());
    runtime().block_on(async {
        let first = flushing(&writer, writer.intent(intent(None, 0, 1))).await.expect("an intent");
        let (other, thread) = start(folder.path());
        assert_eq!(flushing(&writer, writer.intent(intent(None, 1, 1))).await, Err(JournalError::Fenced));
        writer.outcome(first, Outcome::Sent, attempt(1));
        writer.finish().await.expect_err("an outcome that is not its business any more");
        flushing(&other, other.intent(intent(None, 2, 1))).await.expect("an intent of whoever has it now");
        other.finish().await.expect("everything written");
        thread.join().expect("the journal's thread");
    });
    thread.join().expect("the journal's thread");
    let unknown = State::Settled(Outcome::Unknown);
    assert_eq!(found(folder.path()), BTreeMap::from([(openid(0), unknown), (openid(2), unknown)]));
}
