//! Who looks on while a plan is made.

use crate::plan::batch::Batch;

/// Looks on while a plan is made, so that nobody has to read the audience again for what it could have seen.
pub(crate) trait Onlooker {
    /// A reading begins. Where openids are repeated there is a second one, and what the first showed is void.
    fn begins(&mut self);

    /// Sees the batches in the order of the file.
    fn sees(&mut self, batch: &Batch);
}

/// Nobody looks on.
impl Onlooker for () {
    fn begins(&mut self) {}

    fn sees(&mut self, _: &Batch) {}
}
