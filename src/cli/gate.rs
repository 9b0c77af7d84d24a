//! What must agree before anything leaves: receipt, results and journal.

use std::path::Path;

use crate::api_base::Destination;
use crate::cli::machine::{self, Machine};
use crate::journal::receipt;
use crate::send::execution::receipts::Place;

/// Where the receipt of a campaign lies, and who writes it.
pub(crate) fn receipt(campaign: &Path, destination: Destination) -> Place {
    Place {
        path: receipt::beside(campaign),
        computer: Machine::here().to_string(),
        user: machine::user(),
        destination: destination.name(),
    }
}
