//! Where a campaign's ramp stands, by its plan and by what the journal knows of its messages.

use jiff::Timestamp;

use crate::campaign::Campaign;
use crate::campaign::ramp::{Ramp, Rest};
use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;
use crate::cli::terminal::argument;
use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::delivery::stop::Halted;
use crate::journal::JournalError;
use crate::journal::identity::CampaignKey;
use crate::journal::record::{Known, RecordedCause, State};
use crate::journal::store::Store;
use crate::locale::mask::mask;
use crate::locale::sentence::Sentence;
use crate::plan::Plan;
use crate::plan::batch::{Batch, Verdict};
use crate::plan::inputs::Inputs;
use crate::plan::pass::Pass;
use crate::plan::ramp::{Sample, place};
use crate::report::join::{Count, JoinError, identity, openid_in};
use crate::send::ramp::state::{Answers, RampState};

/// The note in the journal of when somebody agreed to go on with a campaign's ramp that had halted.
fn note(campaign: CampaignKey) -> String {
    format!("ramp-continued {}", campaign.0)
}

/// The note in the journal of the ramp by which a campaign's last run halted.
fn halt_note(campaign: CampaignKey) -> String {
    format!("ramp-halted {}", campaign.0)
}

/// A ramp as that note has it.
fn written(ramp: Option<&Ramp>) -> String {
    let Some(Ramp { steps, wait, halt }) = ramp else { return "none".to_owned() };
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let wait = match wait {
        Rest::None => "0".to_owned(),
        Rest::For(length) => length.as_millis().to_string(),
        Rest::Ask => "ask".to_owned(),
    };
    format!("{} {wait} {} {:?}", steps.join(","), halt.refused, halt.unknown)
}

/// Notes whether a run halted, and by which ramp: where the campaign has another one later, or none, nobody knows any more by
/// its answers that it had.
///
/// # Errors
///
/// When the journal cannot be read or written.
pub(crate) fn note_end(
    campaign: &Campaign,
    state: &std::path::Path,
    has_halted: bool,
) -> Result<(), JournalError> {
    let Some(store) = Store::read(state)? else { return Ok(()) };
    let Some(key) = store.find_campaign(&identity(campaign))? else { return Ok(()) };
    let noted = store.note(&halt_note(key))?;
    let now = if has_halted { written(campaign.send.ramp.as_ref()) } else { String::new() };
    // A campaign that never halted has no such note.
    if noted.as_deref().is_none_or(str::is_empty) && now.is_empty() {
        return Ok(());
    }
    drop(store);
    Store::open(state)?.set_note(&halt_note(key), &now)
}

/// Whether the last run halted by another ramp than the campaign has by now. To take away what halted it is no look at it.
///
/// # Errors
///
/// When the journal cannot be read.
pub(crate) fn halted_by_another(campaign: &Campaign, store: Option<&Store>) -> Result<bool, JournalError> {
    let Some(store) = store else { return Ok(false) };
    let Some(key) = store.find_campaign(&identity(campaign))? else { return Ok(false) };
    let noted = store.note(&halt_note(key))?;
    Ok(noted.is_some_and(|noted| !noted.is_empty() && noted != written(campaign.send.ramp.as_ref())))
}

/// Where the ramp of a campaign stands, where it has one. `goes_on` says that somebody agrees to go on with one that has
/// halted.
///
/// # Errors
///
/// When audience or journal cannot be read.
pub(crate) fn find(
    campaign: &Campaign,
    plan: &Plan,
    store: Option<&Store>,
    goes_on: bool,
) -> Result<Option<RampState>, JoinError> {
    let Some(ramp) = &campaign.send.ramp else { return Ok(None) };
    let known = Looking::of(campaign, plan, store)?;
    let sizes = ramp.sizes(plan.counts.planned);
    let sample = Sample::of(known.places.clone(), &sizes);
    let steps: Vec<usize> = known.places.iter().map(|place| sample.step(*place)).collect();
    let of_class =
        |class| steps.iter().zip(&known.classes).filter(move |(_, of)| **of == class).map(|(step, _)| *step);
    let left = of_class(Class::Fresh);
    // Whoever is tried again once everybody was tried has a ramp behind them.
    let Some(from) = left.clone().min() else { return Ok(None) };
    let mut answers = vec![Answers::default(); ramp.steps.len()];
    if !goes_on {
        of_class(Class::Sent).for_each(|step| answers[step].sent += 1);
        for Settled { number, outcome, code, person } in &known.settled {
            answers[steps[*number]].add(*outcome, *code, || person.clone());
        }
    }
    let mut answerable: Vec<u64> = answers.iter().map(|answers| answers.sent + answers.refused).collect();
    let mut fresh = vec![0; ramp.steps.len()];
    left.for_each(|step| {
        answerable[step] += 1;
        fresh[step] += 1;
    });
    let halted = answers.iter().enumerate().find_map(|(step, answers)| {
        let most = (step >= from).then(|| answerable[step]);
        answers.halt(ramp, step, most)
    });
    let so_far = std::mem::take(&mut answers[from]);
    let begun = steps.iter().zip(&known.classes).any(|(step, class)| *step >= from && *class != Class::Fresh);
    let rests_until = if from > 0 && !begun { known.rests_until(ramp) } else { None };
    let steps = steps.into_iter().map(|step| u8::try_from(step).expect("a ramp has fewer steps")).collect();
    Ok(Some(RampState { ramp: ramp.clone(), steps, from, so_far, fresh, answerable, rests_until, halted }))
}

/// Insists that a ramp has not halted, or that somebody agrees to go on.
///
/// # Errors
///
/// When nobody does.
pub(crate) fn insist(state: Option<&RampState>, campaign: &Campaign) -> Result<(), Problem> {
    let Some(halted) = state.and_then(|state| state.halted.as_deref()) else { return Ok(()) };
    let problem = Problem::new(Exit::Gate, "ramp-halted").with("campaign", argument(&campaign.path));
    Err(problem.with("why", why(halted)))
}

/// Why a ramp has halted.
pub(crate) fn why(halted: &Halted) -> Sentence {
    let Halted { step, steps, refused, answered, unknown, codes, examples } = halted;
    let codes: Vec<String> = codes.iter().map(|(code, count)| format!("{code} × {count}")).collect();
    let examples: Vec<String> = examples.iter().map(|openid| mask(openid)).collect();
    let key = match (codes.is_empty(), *refused > 0) {
        (true, _) => "ramp.unknown",
        (false, false) => "ramp.unknown-and-codes",
        (false, true) => "ramp.refused",
    };
    Sentence::new(key)
        .with("step", step)
        .with("steps", steps)
        .with("refused", refused)
        .with("answered", answered)
        .with("unknown", unknown)
        .with("codes", codes.join(", "))
        .with("examples", examples.join(", "))
}

/// Notes that somebody agreed to go on with a ramp that had halted: what was answered until then halts it no more.
///
/// # Errors
///
/// When the journal cannot be written.
pub(crate) fn agree(
    campaign: &Campaign,
    state: &std::path::Path,
    now: Timestamp,
) -> Result<(), JournalError> {
    let store = Store::open(state)?;
    match store.find_campaign(&identity(campaign))? {
        Some(key) => store.set_note(&note(key), &now.to_string()),
        None => Ok(()),
    }
}

/// What is known of the messages of a plan.
struct Looking {
    /// Their places in the order of the ramp, in the order of the audience.
    places: Vec<u64>,
    /// What became of each.
    classes: Vec<Class>,
    /// More of those that were refused or are unknown.
    settled: Vec<Settled>,
    /// When the last answer came: a wait counts from there, however often runs begin and end meanwhile.
    last: Option<Timestamp>,
}

/// What became of a message, as far as a ramp asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// It was never tried.
    Fresh,
    /// It was sent, since somebody last agreed to go on.
    Sent,
    /// Something else, of which [`Settled`] may say more.
    Else,
}

/// A message that was refused, or of which nobody knows, since somebody last agreed to go on.
struct Settled {
    number: usize,
    outcome: Outcome,
    code: Option<i64>,
    person: String,
}

impl Looking {
    fn of(campaign: &Campaign, plan: &Plan, store: Option<&Store>) -> Result<Self, JoinError> {
        let whose = identity(campaign);
        let key = match store {
            Some(store) => store.find_campaign(&whose).map_err(JoinError::Journal)?.map(|key| (store, key)),
            None => None,
        };
        let mut known = Self { places: Vec::new(), classes: Vec::new(), settled: Vec::new(), last: None };
        let mut agreed = None;
        if let Some((store, key)) = key {
            known.last = store.last_answer(key).map_err(JoinError::Journal)?;
            let noted = store.note(&note(key)).map_err(JoinError::Journal)?;
            agreed = noted.and_then(|noted| noted.parse::<Timestamp>().ok());
        }
        let mut count = Count::load(store, &whose).map_err(JoinError::Journal)?;
        let inputs = Inputs::of_campaign(campaign, &plan.library);
        let (mut pass, mut batch) = (Pass::open(&inputs, plan)?, Batch::default());
        while pass.next(&mut batch)? {
            for entry in batch.entries() {
                let Verdict::Message { openid, payload, .. } = &entry.verdict else { continue };
                let message = count.add(store, &entry.verdict, &batch).map_err(JoinError::Journal)?.message;
                let openid = openid_in(&batch, payload, *openid);
                let since = Since { store, agreed };
                known.add(place(&whose.campaign, whose.wave, openid), openid, message, &since)?;
            }
        }
        Ok(known)
    }

    fn add(
        &mut self,
        place: u64,
        openid: &str,
        message: Option<Known>,
        since: &Since<'_>,
    ) -> Result<(), JoinError> {
        let number = self.places.len();
        self.places.push(place);
        let (class, outcome) = match message.map(|message| message.state) {
            None | Some(State::Settled(Outcome::Postponed)) => (Class::Fresh, None),
            Some(State::Settled(outcome @ Outcome::Sent)) => (Class::Sent, Some(outcome)),
            Some(State::Settled(outcome @ (Outcome::Refused | Outcome::Unknown))) => {
                (Class::Else, Some(outcome))
            }
            // A process that ended left it on its way, which says nothing of the message.
            Some(State::Settled(Outcome::Failed) | State::InFlight | State::Skipped(_)) => {
                (Class::Else, None)
            }
        };
        let counts = match (message, outcome) {
            (Some(message), Some(outcome)) => since.counts(&message, outcome).map_err(JoinError::Journal)?,
            (None, _) | (_, None) => false,
        };
        self.classes.push(if class == Class::Sent && !counts { Class::Else } else { class });
        if let (Class::Else, Some(outcome), true) = (class, outcome, counts) {
            let code = message.and_then(|message| message.errcode);
            self.settled.push(Settled { number, outcome, code, person: openid.to_owned() });
        }
        Ok(())
    }

    fn rests_until(&self, ramp: &Ramp) -> Option<Timestamp> {
        match ramp.wait {
            Rest::None | Rest::Ask => None,
            Rest::For(length) => self.last?.checked_add(length).ok(),
        }
    }
}

/// From when on answers count.
struct Since<'a> {
    store: Option<&'a Store>,
    agreed: Option<Timestamp>,
}

impl Since<'_> {
    /// Whether an answer counts, or that there is none. What a process that died left unknown says nothing of the message.
    fn counts(&self, message: &Known, outcome: Outcome) -> Result<bool, JournalError> {
        let Some(store) = self.store.filter(|_| self.agreed.is_some() || outcome == Outcome::Unknown) else {
            return Ok(true);
        };
        let Some(recorded) = store.message(message.id)? else { return Ok(true) };
        let died = match recorded.cause {
            Some(RecordedCause::Incident(incident)) => {
                matches!(incident, Incident::Crash | Incident::Aborted)
            }
            Some(RecordedCause::Answer { .. } | RecordedCause::Unfamiliar(_)) | None => false,
        };
        Ok(!died && self.agreed.is_none_or(|agreed| recorded.at > agreed))
    }
}
