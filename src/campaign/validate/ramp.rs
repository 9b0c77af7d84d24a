//! `[send.ramp]`: a small part of the audience first.

use crate::campaign::duration;
use crate::campaign::file::{HaltTable, RampTable};
use crate::campaign::percentage::Percentage;
use crate::campaign::ramp::{Halt, Ramp, Rest, Step};
use crate::campaign::validate::check::Check;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

/// More steps than this lead nowhere.
const MOST_STEPS: usize = 50;

impl Check<'_> {
    pub(super) fn ramp(&mut self, table: &RampTable) -> Option<Ramp> {
        let at = FieldPath::of("send.ramp");
        let steps = self.steps(table.steps.as_ref(), &at.key("steps"));
        let wait = match table.wait.as_deref() {
            None => Some(Rest::None),
            Some("ask") => Some(Rest::Ask),
            Some(text) => {
                let length = duration::parse(text);
                if length.is_none() {
                    self.bad(&at.key("wait"), text, "10m, 1h 30m, ask");
                }
                length.map(Rest::For)
            }
        };
        let halt = self.halt(&table.halt, &at.key("halt"));
        Some(Ramp { steps: steps?, wait: wait?, halt: halt? })
    }

    fn steps(&mut self, given: Option<&Vec<String>>, at: &FieldPath) -> Option<Vec<Step>> {
        let Some(texts) = given else {
            if !self.is_misfit_below(at) {
                self.push(Diagnostic::new(Code::MissingKey, Place::Field(at.clone())).with("key", at));
            }
            return None;
        };
        let steps = self.each(Some(texts), at, "20, 5%, 100%", Step::parse)?;
        let mut sound = steps.len() <= MOST_STEPS;
        if !sound {
            self.bad(at, &texts.len().to_string(), format!("≤ {MOST_STEPS}"));
        }
        for (index, pair) in steps.windows(2).enumerate() {
            if !pair[1].is_above(pair[0]) || pair[0].is_all() {
                self.bad(&at.index(index + 1), &texts[index + 1], format!("> {}", pair[0]));
                sound = false;
            }
        }
        // Whoever is in no step would never be sent it, which can be meant or not.
        if let (Some(last), Some(text)) = (steps.last(), texts.last())
            && !last.is_all()
        {
            self.bad(&at.index(texts.len() - 1), text, "100%");
            sound = false;
        }
        sound.then_some(steps)
    }

    fn halt(&mut self, table: &HaltTable, at: &FieldPath) -> Option<Halt> {
        let refused = match table.refused.as_deref() {
            None => Some(Percentage::percent(10)),
            Some(text) => {
                let share = Percentage::parse(text);
                if share.is_none() {
                    self.bad(&at.key("refused"), text, "0% … 100%");
                }
                share
            }
        };
        let unknown = Some(u64::from(table.unknown.unwrap_or(1))).filter(|most| *most > 0);
        Some(Halt { refused: refused?, unknown })
    }
}
