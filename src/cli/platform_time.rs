//! The time by WeChat's clock, before anything is judged by it: whether it is the hour, whom caps hold back, whose window is
//! over. What a wrong clock of this computer would let through nobody can call back.

use jiff::SignedDuration;

use crate::api_base::{Destination, Hosts};
use crate::campaign::Campaign;
use crate::cli::platform::runtime;
use crate::cli::terminal::Terminal;
use crate::clock::Clock;
use crate::plan::Plan;
use crate::report::plan::text::length;
use crate::send::holds::Holds;
use crate::wechat::client::{Client, Timeouts};

/// By so much a clock is wrong enough to be told of.
pub(crate) const WRONG: SignedDuration = SignedDuration::from_mins(1);

/// Asks WeChat for the time where anything depends on it, and goes by it from then on.
pub(crate) fn ask(campaign: &Campaign, plan: &Plan, hosts: &Hosts, clock: &Clock, terminal: &Terminal) {
    let is_timed = campaign.send.hours.is_limited() || Holds::can_be(campaign) || plan.windows.is_some();
    // What a simulator took counts for nobody. But the history of what people got has to be right for later caps.
    if clock.ahead().is_none() && (is_timed || hosts.destination() == Destination::Real) {
        hear(campaign, hosts, clock);
    }
    clock.adopt();
    match clock.ahead() {
        Some(ahead) => tell_wrong(ahead, terminal),
        None if is_timed => terminal.warn("clock.untold", &[]),
        None => {}
    }
}

/// What keeps the client from being set up is told when it is set up to send.
fn hear(campaign: &Campaign, hosts: &Hosts, clock: &Clock) {
    let timeouts = Timeouts { connect: campaign.send.connect_timeout, answer: campaign.send.timeout };
    let client = Client::new(hosts.clone(), timeouts);
    if let (Ok(client), Ok(runtime)) = (client, runtime()) {
        runtime.block_on(client.with_clock(clock.clone()).ask_time());
    }
}

/// Says that this computer's clock is wrong, where it is.
pub(crate) fn tell_wrong(ahead: SignedDuration, terminal: &Terminal) {
    if ahead.abs() < WRONG {
        return;
    }
    let off = length(ahead.unsigned_abs().as_secs(), &terminal.words);
    let key = if ahead.is_positive() { "clock.fast" } else { "clock.slow" };
    terminal.warn(key, &[("off", &off)]);
}
