//! Who has their turn when, and whose comes too late.

use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};

use crate::campaign::file::Order;
use crate::campaign::hours::Hours;
use crate::plan::schedule::deadline::Deadline;
use crate::plan::schedule::turns::Turns;

/// How sending goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace<'h> {
    /// When it begins.
    pub(crate) at: Timestamp,
    /// Messages a second.
    pub(crate) per_second: f64,
    /// When messages may be begun.
    pub(crate) hours: &'h Hours,
    /// In which order.
    pub(crate) order: Order,
    /// How long nothing is begun after a step of the ramp.
    pub(crate) rest: SignedDuration,
    /// Until when nothing is begun because of a step that is over already.
    pub(crate) rests_until: Option<Timestamp>,
}

/// Who is to be sent a message, in the order of the audience.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queue<'a> {
    /// Until when each can be begun.
    pub(crate) deadlines: &'a [Deadline],
    /// The step of the ramp of each, where there is a ramp.
    pub(crate) steps: Option<&'a [u8]>,
}

/// Somebody of a queue: the step, the deadline, and the number in the order of the audience.
pub(crate) type Turn = (u8, Deadline, u32);

/// Why somebody gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Their window is over.
    Window,
    /// Nothing is begun any more.
    End,
}

/// Told of somebody who gets nothing: their place in the order, and why. Says whether it wants to be told of more.
pub(crate) type Told<'t> = &'t mut dyn FnMut(usize, Loss) -> ControlFlow<()>;

impl Queue<'_> {
    /// Everybody in the order in which they have their turns.
    pub(crate) fn in_order(&self, order: Order) -> Vec<Turn> {
        let step = |place: usize| self.steps.map_or(0, |steps| steps[place]);
        let numbered = self.deadlines.iter().zip(0_u32..).enumerate();
        let mut turns: Vec<Turn> =
            numbered.map(|(place, (deadline, number))| (step(place), *deadline, number)).collect();
        match order {
            Order::Deadline => turns.sort_unstable(),
            Order::File => turns.sort_unstable_by_key(|(step, _, number)| (*step, *number)),
        }
        turns
    }
}

/// Steps and deadlines of people in their order.
pub(crate) fn turns(order: &[Turn]) -> impl Iterator<Item = (u8, Deadline)> + Clone {
    order.iter().map(|(step, deadline, _)| (*step, *deadline))
}

/// Tells of those who get nothing when people, each with their step and deadline, have their turns in this order. Who is late
/// takes no turn.
pub(crate) fn losses(
    order: impl Iterator<Item = (u8, Deadline)>,
    pace: &Pace<'_>,
    told: Told<'_>,
) -> ControlFlow<()> {
    let begins = pace.rests_until.map_or(pace.at, |until| until.max(pace.at));
    let mut turns = Turns::new(pace.hours, begins, pace.per_second);
    let (mut at_work, mut begun) = (None, false);
    for (place, (step, deadline)) in order.enumerate() {
        // Nobody waits after a step in which nothing was begun.
        if at_work.replace(step).is_some_and(|before| before != step) && std::mem::take(&mut begun) {
            turns.rest(pace.rest);
        }
        match turns.peek() {
            Some(turn) if !deadline.is_past(turn) => {
                turns.take();
                begun = true;
            }
            Some(_) => told(place, Loss::Window)?,
            None if deadline.is_past(pace.at) => told(place, Loss::Window)?,
            None => told(place, Loss::End)?,
        }
    }
    ControlFlow::Continue(())
}

/// Whether somebody is lost of those for whom it matters: who has a deadline, and whose window is open at a moment.
pub(crate) fn loses_some(
    order: impl Iterator<Item = (u8, Deadline)> + Clone,
    pace: &Pace<'_>,
    open_at: Timestamp,
) -> bool {
    let open = order.filter(|(_, deadline)| !deadline.is_past(open_at));
    // Whoever has no deadline takes a turn like everybody else.
    let mut left = open.clone().enumerate();
    let mut stops = |lost: usize, _| {
        let (_, (_, deadline)) = left.find(|(place, _)| *place == lost).expect("a place in this order");
        if deadline == Deadline::NONE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    losses(open, pace, &mut stops).is_break()
}

/// The numbers of those who get nothing.
pub(crate) fn lost(queue: Queue<'_>, pace: &Pace<'_>) -> Vec<usize> {
    let order = queue.in_order(pace.order);
    let mut lost = Vec::new();
    let mut add = |place: usize, _| {
        lost.push(usize::try_from(order[place].2).expect("32 bits fit"));
        ControlFlow::Continue(())
    };
    // It wants to be told of all.
    let (ControlFlow::Continue(()) | ControlFlow::Break(())) = losses(turns(&order), pace, &mut add);
    lost.sort_unstable();
    lost
}
