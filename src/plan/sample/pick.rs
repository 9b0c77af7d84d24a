//! Which messages are worth looking at: a few that stand for all.
//!
//! Each reason to look is a place that at most one message takes. Where several messages have the same claim the
//! one that comes first in the file takes it, so equal files give equal samples. No more messages are kept than
//! there are places, however long the audience is.

use std::rc::Rc;

use crate::diagnostic::code::Code;
use crate::plan::sample::chosen::{Reason, Sample};

/// What the places are judged by.
#[derive(Debug)]
pub(crate) struct Claims<'r> {
    /// Which message it is, from 0.
    pub(crate) index: u64,
    /// The bytes of its texts.
    pub(crate) length: usize,
    /// The codes of its warnings.
    pub(crate) warnings: &'r [Code],
    /// The branches it takes.
    pub(crate) branches: &'r [usize],
    /// For each variable that is a column, whether its cell is blank and how wide its value is.
    pub(crate) cells: &'r [(bool, usize)],
}

/// The places, each with the message that has the best claim so far.
#[derive(Debug)]
pub(crate) struct Places {
    places: Vec<Place>,
    last: u64,
    every: u64,
    most: u64,
}

#[derive(Debug)]
struct Place {
    reason: Reason,
    /// The best claim and who made it.
    best: Option<(usize, Rc<Sample>)>,
    /// The least claim, to tell whether there was anything to choose.
    least: usize,
}

impl Places {
    /// Places for at most so many messages of so many, for the branches and the columns of their templates.
    pub(crate) fn new(most: u64, planned: u64, branches: &[String], columns: &[String]) -> Self {
        let mut reasons = vec![Reason::First, Reason::Longest, Reason::Shortest, Reason::Last];
        let named = |names: &[String], reason: fn(usize, String) -> Reason| {
            names.iter().cloned().enumerate().map(|(index, name)| reason(index, name)).collect::<Vec<_>>()
        };
        reasons.extend(named(branches, Reason::Branch));
        reasons.extend(named(columns, Reason::Blank));
        reasons.extend(named(columns, Reason::Widest));
        let places = reasons.into_iter().map(Place::open).collect();
        Self { places, last: planned.saturating_sub(1), every: (planned / most.max(1)).max(1), most }
    }

    /// Offers a message. `sample` makes it, and is asked only when a place wants it.
    pub(crate) fn offer(&mut self, claims: &Claims<'_>, sample: impl FnOnce() -> Sample) {
        for code in claims.warnings {
            if !self.places.iter().any(|place| place.reason == Reason::Warning(*code)) {
                self.places.push(Place::open(Reason::Warning(*code)));
            }
        }
        let spread = claims.index / self.every;
        if claims.index.is_multiple_of(self.every) && spread < self.most {
            self.places.push(Place::open(Reason::Spread));
        }
        let mut make = Some(sample);
        let mut made: Option<Rc<Sample>> = None;
        for place in &mut self.places {
            let Some(claim) = place.claim(claims, self.last) else { continue };
            place.least = place.least.min(claim);
            if place.best.as_ref().is_some_and(|(best, _)| *best >= claim) {
                continue;
            }
            if made.is_none() {
                made = make.take().map(|make| Rc::new(make()));
            }
            place.best = made.clone().map(|sample| (claim, sample));
        }
    }

    /// Opens a place for the first message that has this value in a column of few values.
    pub(crate) fn take_value(&mut self, cell: usize, name: &str, value: &str, sample: Rc<Sample>) {
        let reason = Reason::Value(cell, name.to_owned(), value.to_owned());
        self.places.push(Place { reason, best: Some((0, sample)), least: 0 });
    }

    /// The messages, in the order of the audience, each with every reason to look at it.
    pub(crate) fn chosen(mut self) -> Vec<Sample> {
        self.places.sort_by(|a, b| a.reason.cmp(&b.reason));
        let mut chosen: Vec<Sample> = Vec::new();
        for place in self.places {
            let Some((_, sample)) = place.worth_it() else { continue };
            // Any message with that value shows what people with it get.
            let shows = |known: &Sample| match &place.reason {
                Reason::Value(cell, _, value) => {
                    known.cells.get(*cell).is_some_and(|cell| cell.trim() == value)
                }
                _ => known.message.row == sample.message.row,
            };
            match chosen.iter().position(shows) {
                Some(known) => {
                    // It stands for those around it only where nothing better can be said of it.
                    let better = chosen.get_mut(known).filter(|_| place.reason != Reason::Spread);
                    better.into_iter().for_each(|known| known.reasons.push(place.reason.clone()));
                }
                None if (chosen.len() as u64) < self.most => {
                    chosen.push(Sample { reasons: vec![place.reason], ..Sample::clone(&sample) });
                }
                None => {}
            }
        }
        chosen.sort_by_key(|sample| sample.message.row);
        chosen
    }
}

impl Place {
    fn open(reason: Reason) -> Self {
        Self { reason, best: None, least: usize::MAX }
    }

    /// How strong a message's claim to this place is; nothing where it has none.
    fn claim(&self, claims: &Claims<'_>, last: u64) -> Option<usize> {
        let once = |is_so: bool| is_so.then_some(0);
        match &self.reason {
            Reason::First => once(claims.index == 0),
            Reason::Longest => Some(claims.length),
            Reason::Warning(code) => once(claims.warnings.contains(code)),
            Reason::Branch(index, _) => once(claims.branches.contains(index)),
            Reason::Blank(index, _) => once(claims.cells.get(*index).is_some_and(|(blank, _)| *blank)),
            Reason::Shortest => Some(usize::MAX - claims.length),
            Reason::Widest(index, _) => claims.cells.get(*index).map(|(_, width)| *width),
            Reason::Last => once(claims.index == last),
            // Opened once all messages are known.
            Reason::Value(..) => None,
            // Opened for one message, which is the next that is offered.
            Reason::Spread => once(self.best.is_none()),
        }
    }

    /// The message, unless the place is for an extreme and all messages are alike.
    fn worth_it(&self) -> Option<(usize, Rc<Sample>)> {
        let (claim, sample) = self.best.as_ref()?;
        let extreme = matches!(self.reason, Reason::Longest | Reason::Shortest | Reason::Widest(..));
        (!extreme || *claim > self.least).then(|| (*claim, Rc::clone(sample)))
    }
}
