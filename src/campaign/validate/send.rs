//! `[send]`: how fast, how long, and when it stops.

use std::time::Duration;

use crate::campaign::file::{OnUnknown, OneOrMany, Order, SendTable};
use crate::campaign::percentage::Percentage;
use crate::campaign::rate::Rate;
use crate::campaign::validate::check::Check;
use crate::campaign::validate::overrides::Overrides;
use crate::campaign::{SendSettings, duration};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

impl Check<'_> {
    pub(super) fn send(
        &mut self,
        send: &SendTable,
        overrides: &Overrides,
        has_window: bool,
    ) -> Option<SendSettings> {
        let rates = match overrides.rate {
            Some(rate) => Some(vec![rate]),
            None => self.rates(send.rate.as_ref(), "send.rate"),
        };
        let upload_rates = match &send.upload_rate {
            None => rates.clone(),
            given => self.rates(given.as_ref(), "send.upload_rate"),
        };
        let timeout = self.length(send.timeout.as_deref(), "send.timeout", 30);
        let connect_timeout = self.length(send.connect_timeout.as_deref(), "send.connect_timeout", 5);
        let hours = self.hours(send);
        let order = send.order.unwrap_or(if has_window { Order::Deadline } else { Order::File });
        if order == Order::Deadline && !has_window {
            self.bad(&FieldPath::of("send.order"), "deadline", "file | [audience.window]");
        }
        let max_refused = self.share(send.stop.max_refused.as_deref());
        let ramp = match &send.ramp {
            None => Some(None),
            Some(table) => self.ramp(table).map(Some),
        };
        let concurrency =
            send.concurrency.map_or(16, |n| usize::try_from(n).expect("the schema allows no more than fits"));
        Some(SendSettings {
            rates: rates?,
            upload_rates: upload_rates?,
            concurrency: overrides.concurrency.unwrap_or(concurrency),
            timeout: timeout?,
            connect_timeout: connect_timeout?,
            retries: send.retries.unwrap_or(3),
            on_unknown: send.on_unknown.unwrap_or(OnUnknown::Hold),
            max_refused: max_refused?,
            max_unknown: Some(send.stop.max_unknown.unwrap_or(3)).filter(|max| *max > 0),
            hours: hours?,
            order,
            ramp: ramp?,
        })
    }

    fn rates(&mut self, given: Option<&OneOrMany>, field: &str) -> Option<Vec<Rate>> {
        let at = FieldPath::of(field);
        let texts: Vec<(FieldPath, &String)> = match given {
            None => return Some(vec![Rate::usual()]),
            Some(OneOrMany::One(text)) => vec![(at, text)],
            Some(OneOrMany::Many(texts)) if texts.is_empty() => {
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                return None;
            }
            Some(OneOrMany::Many(texts)) => {
                texts.iter().enumerate().map(|(index, text)| (at.index(index), text)).collect()
            }
        };
        let mut rates = Vec::new();
        let mut sound = true;
        for (at, text) in texts {
            match text.parse() {
                Ok(rate) => rates.push(rate),
                Err(_) => {
                    sound = false;
                    self.bad(&at, text, "20/s, 1000/min, 5000/h");
                }
            }
        }
        sound.then_some(rates)
    }

    fn length(&mut self, given: Option<&str>, field: &str, usual: u64) -> Option<Duration> {
        let Some(text) = given else { return Some(Duration::from_secs(usual)) };
        let length = duration::parse(text);
        if length.is_none() {
            self.bad(&FieldPath::of(field), text, "30s, 1m 30s, 500ms");
        }
        length
    }

    fn share(&mut self, given: Option<&str>) -> Option<Percentage> {
        let Some(text) = given else { return Some(Percentage::percent(30)) };
        let share = Percentage::parse(text);
        if share.is_none() {
            self.bad(&FieldPath::of("send.stop.max_refused"), text, "0% … 100%");
        }
        share
    }
}
