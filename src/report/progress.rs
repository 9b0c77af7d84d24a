//! Progress during a run; the only file that names indicatif.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};

use crate::delivery::event::Event;
use crate::delivery::outcome::{Counts, Status};
use crate::delivery::stop::Stop;
use crate::locale::Catalog;
use crate::locale::mask::masked_name;
use crate::locale::visible::visible;
use crate::message::media::size;
use crate::report::plan::text::length;

/// How often it is looked what was settled, and the bar is drawn anew.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often a plain line is written.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// How many columns the words beside a bar take, of a run of tens of thousands.
const WORDS: u16 = 50;
/// The least and the most columns of a bar.
const BAR: (u16, u16) = (8, 30);

/// How many uploads are told one by one.
const UPLOADS_TOLD: u64 = 5;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A bar that draws over itself.
    Bar,
    /// A line every few seconds.
    Plain,
    /// Nothing.
    None,
}

/// How long the end of a run waits for a terminal that does not take what is written.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows how far a run is, on stderr. It has a thread of its own: a terminal that takes nothing, or is gone, holds
/// nothing up.
///
/// What is settled is only counted, and the thread looks at the counts ten times a second. To wake it for each message
/// would cost the run more than the message's own request.
#[derive(Debug)]
pub(crate) struct Progress {
    events: Sender<Event>,
    settled: Arc<Settled>,
    drawn: Receiver<()>,
}

/// The messages settled so far, in the order of [`Status::ALL`].
#[derive(Debug, Default)]
struct Settled([AtomicU64; Status::ALL.len()]);

impl Settled {
    fn add(&self, status: Status) {
        for (known, count) in Status::ALL.iter().zip(&self.0) {
            if *known == status {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (status, count) in Status::ALL.iter().zip(&self.0) {
            counts.add(*status, count.load(Ordering::Relaxed));
        }
        counts
    }
}

impl Progress {
    /// Begins. `total` is how many messages are to be sent.
    pub(crate) fn new(style: Style, total: u64, words: &Catalog) -> Self {
        let (events, happened) = channel();
        let (done, drawn) = channel();
        let (settled, words) = (Arc::new(Settled::default()), words.clone());
        let counted = Arc::clone(&settled);
        std::thread::spawn(move || {
            let mut drawing = Drawing::new(style, total, &words);
            loop {
                match happened.recv_timeout(LOOK_EVERY) {
                    Ok(event) => drawing.observe(&event),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                drawing.settled(counted.counts());
            }
            drawing.finish(counted.counts());
            let _ = done.send(());
        });
        Self { events, settled, drawn }
    }

    /// Takes events in from anywhere. The drawing ends only when this is dropped too.
    pub(crate) fn observer(&self) -> impl Fn(&Event) + Send + Sync + use<> {
        let (events, settled) = (self.events.clone(), Arc::clone(&self.settled));
        move |event| match event {
            Event::Settled { outcome, .. } => settled.add(Status::from(*outcome)),
            Event::Skipped => settled.add(Status::Skipped),
            Event::Retrying { .. } => {}
            Event::Pace { .. }
            | Event::Resting { .. }
            | Event::Uploading { .. }
            | Event::Uploaded
            | Event::Draining(_) => {
                // A thread that is gone draws nothing; that stops nothing.
                let _ = events.send(event.clone());
            }
        }
    }

    /// Ends: what happened is drawn to the end, if somebody takes it.
    pub(crate) fn finish(self) {
        drop(self.events);
        let _ = self.drawn.recv_timeout(PATIENCE);
    }
}

/// Shows how far something is that is counted, while it is worked on: on a terminal a bar, elsewhere a line now and then.
pub(crate) struct Counting<'w> {
    words: &'w Catalog,
    what: String,
    bar: Option<ProgressBar>,
    /// When a line was written last, where lines are wanted.
    last: Option<Instant>,
}

impl<'w> Counting<'w> {
    /// Begins to count what is called so.
    pub(crate) fn new(style: Style, what: String, words: &'w Catalog) -> Self {
        let bar = (style == Style::Bar).then(|| {
            let target = ProgressDrawTarget::term_like_with_hz(Box::new(Stderr(Term::stderr())), 10);
            let template = "{msg} {bar:30} {pos}/{len}";
            let style = ProgressStyle::with_template(template).expect("the template is ours");
            let bar = ProgressBar::with_draw_target(None, target);
            bar.set_message(visible(&what, false).into_owned());
            bar.with_style(style.progress_chars("━╸ "))
        });
        let last = (style == Style::Plain).then(Instant::now);
        Self { words, what, bar, last }
    }

    /// So many are done, of so many where that is known.
    pub(crate) fn at(&mut self, done: u64, total: Option<u64>) {
        if let Some(bar) = &self.bar {
            bar.set_length(total.unwrap_or(done).max(done));
            bar.set_position(done);
        }
        if self.last.is_some_and(|last| last.elapsed() >= PLAIN_EVERY) {
            self.last = Some(Instant::now());
            let total = total.map_or_else(|| "?".to_owned(), |total| total.to_string());
            let places: [(&str, &dyn fmt::Display); 3] =
                [("what", &self.what), ("done", &done), ("total", &total)];
            let line = self.words.say("progress.counted", &places);
            let _ = writeln!(io::stderr(), "{}", visible(&line, false));
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

struct Drawing<'w> {
    words: &'w Catalog,
    view: View,
    total: u64,
    counts: Counts,
    uploads: Uploads,
    begun: Instant,
}

/// Media files uploaded so far.
#[derive(Debug, Clone, Copy, Default)]
struct Uploads {
    begun: u64,
    done: u64,
}

enum View {
    Bar {
        bar: ProgressBar,
    },
    /// When a line was written last, and what it said.
    Plain {
        last: Instant,
        told: Counts,
    },
    None,
}

impl<'w> Drawing<'w> {
    fn new(style: Style, total: u64, words: &'w Catalog) -> Self {
        let view = match style {
            Style::Bar => View::Bar { bar: bar(total, words) },
            Style::Plain => View::Plain { last: Instant::now(), told: Counts::default() },
            Style::None => View::None,
        };
        Self {
            words,
            view,
            total,
            counts: Counts::default(),
            uploads: Uploads::default(),
            begun: Instant::now(),
        }
    }

    fn observe(&mut self, event: &Event) {
        match event {
            Event::Pace { per_second, why } => {
                let pace = format!("{per_second:.1}");
                let key = format!("report.happening.pace.{}", why.name());
                self.note(&self.words.say(&key, &[("rate", &pace)]));
            }
            Event::Resting { step, after } => {
                let length = length(after.as_secs(), self.words);
                self.note(&self.words.say("progress.resting", &[("step", step), ("length", &length)]));
            }
            Event::Uploading { file, bytes } => {
                self.uploads.begun += 1;
                // The first files are what a person waits for; a thousand lines would hide everything else.
                if self.uploads.begun <= UPLOADS_TOLD {
                    let size = size(*bytes);
                    self.note(
                        &self
                            .words
                            .say("progress.uploading", &[("file", &masked_name(file)), ("size", &size)]),
                    );
                }
            }
            Event::Uploaded => self.uploads.done += 1,
            Event::Draining(stop) => {
                let key = match stop {
                    Stop::Hours { .. } => "progress.draining-hours",
                    _ => "progress.draining",
                };
                self.note(&self.words.say(key, &[]));
            }
            // These events only change counts, or are not shown.
            Event::Settled { .. } | Event::Skipped | Event::Retrying { .. } => {}
        }
    }

    /// A bar is drawn a last time and left standing.
    fn finish(mut self, counts: Counts) {
        self.counts = counts;
        match &self.view {
            View::Bar { bar } => {
                self.draw(bar);
                bar.abandon();
            }
            View::Plain { .. } => self.line(),
            View::None => {}
        }
    }

    /// Shows what has been settled meanwhile.
    fn settled(&mut self, counts: Counts) {
        let more = counts != self.counts;
        self.counts = counts;
        match &mut self.view {
            View::Bar { bar } if more => {
                let bar = bar.clone();
                self.draw(&bar);
            }
            View::Plain { last, told } if *told != counts && last.elapsed() >= PLAIN_EVERY => {
                (*last, *told) = (Instant::now(), counts);
                self.line();
            }
            View::Bar { .. } | View::Plain { .. } | View::None => {}
        }
    }

    fn draw(&self, bar: &ProgressBar) {
        bar.set_position(self.counts.total());
        bar.set_message(tally(&self.counts, self.uploads.done, self.words));
    }

    fn note(&self, text: &str) {
        match &self.view {
            View::Bar { bar } => bar.println(visible(text, false)),
            View::Plain { .. } => {
                let _ = writeln!(io::stderr(), "{}", visible(text, false));
            }
            View::None => {}
        }
    }

    fn line(&self) {
        if self.total == 0 {
            // Nobody is to be sent anything: only files are uploaded.
            let uploads = tally(&self.counts, self.uploads.done, self.words);
            if !uploads.is_empty() {
                let _ = writeln!(io::stderr(), "{uploads}");
            }
            return;
        }
        let done = self.counts.total();
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        // Counts of messages fit a float well enough for a person.
        #[expect(clippy::cast_precision_loss)]
        let rate = format!("{:.1}", done as f64 / seconds);
        let counts = tally(&self.counts, self.uploads.done, self.words);
        let line = self.words.say(
            "progress.plain",
            &[("done", &done), ("total", &self.total), ("rate", &rate), ("counts", &counts)],
        );
        let _ = writeln!(io::stderr(), "{line}");
    }
}

fn tally(counts: &Counts, uploads: u64, words: &Catalog) -> String {
    let mut text = String::new();
    if uploads > 0 {
        text = words.say("progress.uploads", &[("count", &uploads)]);
    }
    for status in Status::ALL {
        let count = counts.of(status);
        if count > 0 {
            let name = words.say(&format!("status.{}", status.name()), &[]);
            let gap = if text.is_empty() { "" } else { " · " };
            // Writing into a String cannot fail.
            let _ = write!(text, "{gap}{name} {count}");
        }
    }
    text
}

/// Two lines: how far it is, how fast and how long still, and below them what came of it. The bar itself takes what the
/// words leave of a narrow terminal.
fn bar(total: u64, words: &Catalog) -> ProgressBar {
    let term = Stderr(Term::stderr());
    let bar_columns = term.width().saturating_sub(WORDS).clamp(BAR.0, BAR.1);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(term), 10);
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let template =
        format!("{{bar:{bar_columns}}} {{percent}}% · {{pos}}/{{len}} · {{rate}} · {{left}}\n{{msg}}");
    let style = ProgressStyle::with_template(&template).expect("the template is ours");
    let (for_rate, for_left) = (words.clone(), words.clone());
    let rate = move |state: &ProgressState, out: &mut dyn fmt::Write| {
        let rate = format!("{:.1}", state.per_sec());
        let _ = out.write_str(&for_rate.say("progress.rate", &[("rate", &rate)]));
    };
    let left = move |state: &ProgressState, out: &mut dyn fmt::Write| {
        let _ = out.write_str(&left(state.eta(), &for_left));
    };
    bar.set_style(style.with_key("rate", rate).with_key("left", left).progress_chars("━╸ "));
    bar
}

/// How long something will take still, to the minute where it is minutes.
pub(crate) fn left(time: Duration, words: &Catalog) -> String {
    let seconds = time.as_secs();
    let length = match seconds {
        60..3600 => words.say("length.whole-minutes", &[("minutes", &(seconds / 60))]),
        _ => length(seconds, words),
    };
    words.say("progress.left", &[("length", &length)])
}

/// A terminal that indicatif draws on even where NO_COLOR is set; the bar has no colours.
#[derive(Debug)]
struct Stderr(Term);

impl TermLike for Stderr {
    fn width(&self) -> u16 {
        self.0.size().1
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.0.write_line(s)
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.0.write_str(s)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
