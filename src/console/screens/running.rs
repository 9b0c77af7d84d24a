//! While a campaign is sent: the counts of its journal, the pace, and how to stop. Closing the page changes nothing.

use std::time::Instant;

use serde_json::json;

use crate::console::desk::{Desk, What};
use crate::console::folder::Found;
use crate::console::screens::folder::title;
use crate::console::screens::people::tiles;
use crate::console::screens::refused;
use crate::console::screens::{Fields, Shown, Wrong};
use crate::console::shell::{Screen, Tab};
use crate::console::standing::{Known, Standing};
use crate::delivery::outcome::Counts;
use crate::report::plan::text::length;

const CONTENT: &str = include_str!("../assets/running.hbs");

/// How fast it goes, by what one look after another has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    first: Option<(Instant, u64)>,
}

impl Pace {
    /// Whether it was looked at before.
    pub(crate) fn has_begun(&self) -> bool {
        self.first.is_some()
    }

    /// The messages a second since the first look.
    #[allow(clippy::cast_precision_loss, reason = "a pace is shown with one digit")]
    fn at(&mut self, now: Instant, settled: u64) -> Option<f64> {
        let (since, from) = *self.first.get_or_insert((now, settled));
        let seconds = now.duration_since(since).as_secs_f64();
        (seconds > 0.5 && settled > from).then(|| (settled - from) as f64 / seconds)
    }
}

/// What is seen of a running send.
pub(crate) struct Look {
    /// Whether it has ended.
    pub(crate) over: bool,
    /// What the page is told.
    pub(crate) data: String,
}

/// Whether the process that was started has not come to its first message yet, or somebody sends.
fn is_running(desk: &Desk, found: &Found, known: &Known) -> bool {
    known.standing == Standing::Running || desk.is_going_on(What::Send, found)
}

/// Looks at a running send.
pub(crate) fn look(desk: &Desk, found: &Found, pace: &mut Pace) -> Look {
    let words = desk.words();
    let planned = desk.plan(&found.path);
    let known = desk.standing(found, &planned);
    let over = !is_running(desk, found, &known);
    let Some(counts) = known.counts else {
        return Look { over, data: "{}".to_owned() };
    };
    let Counts { sent, refused, failed, unknown, skipped, unsent } = counts;
    // What is in flight is counted among the unknown until it is answered.
    let settled = sent + refused + failed + unknown.saturating_sub(known.in_flight);
    let pace = pace.at(Instant::now(), settled);
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "about how many seconds are left"
    )]
    let left = pace.map(|pace| length(((unsent + known.in_flight) as f64 / pace).ceil() as u64, &words));
    let all = counts.total() - skipped;
    let data = json!({
        "sent": sent,
        "refused": refused,
        "failed": failed,
        "unknown": unknown.saturating_sub(known.in_flight),
        "skipped": skipped,
        "unsent": unsent,
        "in_flight": known.in_flight,
        "settled": settled,
        "all": all,
        "pace": pace.map_or_else(|| "…".to_owned(), |pace| format!("{pace:.1}")),
        "left": left.unwrap_or_else(|| "…".to_owned()),
        "told": words.say("console.running.told", &[("settled", &settled), ("all", &all)]),
    });
    Look { over, data: data.to_string() }
}

/// The screen.
pub(crate) fn show(desk: &Desk, found: &Found) -> Result<Shown, Wrong> {
    let words = desk.words();
    let (planned, known) = desk.known(found);
    if !is_running(desk, found, &known) {
        // A run that never began is told where it was asked for; one that did is told by what became of it.
        let ended = desk.failure(found, known.last.as_ref());
        let failed = ended.is_some_and(|ended| ended.has_failed() && !ended.was_killed());
        let tab = if failed { Tab::Send } else { Tab::Results };
        return Ok(Shown::Go(tab.path(&found.key)));
    }
    let mut pace = Pace::default();
    let now = look(desk, found, &mut pace);
    let now: serde_json::Value = serde_json::from_str(&now.data).expect("what was just written is JSON");
    let counts =
        known.counts.unwrap_or(Counts { sent: 0, refused: 0, failed: 0, unknown: 0, skipped: 0, unsent: 0 });
    let number = |name: &str| now[name].as_u64().unwrap_or(0);
    let screen = Screen {
        title: words.say("console.running.title", &[("title", &title(found, &planned))]),
        templates: vec![("content", CONTENT)],
        content: json!({
            "title": title(found, &planned),
            "tiles": tiles(&Counts { unknown: counts.unknown.saturating_sub(known.in_flight), ..counts }, &words),
            "in_flight": known.in_flight,
            "settled": number("settled"),
            "all": number("all"),
            "told": words.say(
                "console.running.told",
                &[("settled", &number("settled")), ("all", &number("all"))],
            ),
            "events": format!("/campaign/{}/events", found.key),
            "here": format!("/campaign/{}/running", found.key),
            "stop": format!("/campaign/{}/stop", found.key),
            "seal": desk.seal.of(&["stop", &found.key]),
            "stopping": desk.is_going_on(What::Stop, found),
            "read_only": desk.read_only,
        }),
        of: Some((found, Tab::Send)),
        commands: vec![
            desk.program.command_line(&["status"], &found.path, &["--watch"]),
            desk.program.command_line(&["stop"], &found.path, &[]),
        ],
        pictures: None,
        renews: true,
    };
    Ok(Shown::Page(screen.page(desk, &words)?))
}

/// Asks the running send to stop.
pub(crate) fn stop(desk: &Desk, found: &Found, fields: &Fields) -> Result<Shown, Wrong> {
    fields.insist(desk, &["stop", &found.key])?;
    match desk.start(What::Stop, found, &["stop"]) {
        Ok(()) => Ok(Shown::Go(format!("/campaign/{}/running", found.key))),
        Err(error) => {
            let why = desk.words().say("console.running.not-stopped", &[("reason", &error)]);
            refused::show(desk, found, &why, Tab::Send)
        }
    }
}
