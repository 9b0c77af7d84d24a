//! Who watches a run.

use std::sync::Arc;

use crate::delivery::event::Event;
use crate::send::execution::quota::Asked;

/// Told of what happens, from any thread. Nothing it does can stop a run.
pub type Watch = Arc<dyn Fn(&Event) + Send + Sync>;

/// What the journal says of itself during a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// Its folder lies where several processes cannot share it.
    Unshared,
    /// So many messages stand in it twice.
    Twice(u64),
    /// The receipt cannot be written beside the campaign, because of this.
    NoReceipt(String),
}

/// Who watches a run.
pub trait Observer {
    /// The platform was asked what is left of the quota.
    fn asked(&mut self, asked: &Asked);

    /// The journal says something of itself.
    fn remarks(&mut self, remark: Remark);

    /// Sending begins; what happens is told to what this gives.
    fn begins(&mut self) -> Watch;

    /// Nothing more happens. These hosts stood in for the usual one, each for so many requests.
    fn ended(&mut self, stood_in: &[(String, u64)]);
}

/// Nobody, as in tests and benches.
#[derive(Debug)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn asked(&mut self, _: &Asked) {}

    fn remarks(&mut self, _: Remark) {}

    fn begins(&mut self) -> Watch {
        Arc::new(|_| {})
    }

    fn ended(&mut self, _: &[(String, u64)]) {}
}
