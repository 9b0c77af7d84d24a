//! A run as the command line puts it together. `send`, `try` and `rehearse` add what is theirs.

use std::path::PathBuf;
use std::sync::Arc;

use crate::campaign::Campaign;
use crate::cli::ending;
use crate::cli::machine;
use crate::cli::origin::Origin;
use crate::cli::platform::Platform;
use crate::journal::Identity;
use crate::plan::Plan;
use crate::send::execution::observer::Observer;
use crate::send::execution::results::Results;
use crate::send::execution::{Basis, Execution};
use crate::send::shutdown::Signals;

/// What is sent, whose it is, and where it is written down.
pub(crate) struct Parts {
    pub(crate) campaign: Arc<Campaign>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) whose: Identity,
    pub(crate) state: PathBuf,
    pub(crate) results: Arc<dyn Results>,
}

impl Parts {
    /// A run of it on this computer that a signal ends, and where the account's secret comes from.
    pub(crate) fn execution(
        self,
        platform: Platform,
        observer: &mut dyn Observer,
    ) -> (Execution<'_>, Origin) {
        let Self { campaign, plan, whose, state, results } = self;
        let Platform { runtime, client, tokens, origin } = platform;
        let exit = ending::exit;
        let basis = Basis { campaign, plan, whose, state, runtime, client, tokens, results, exit, observer };
        let execution = Execution::new(basis);
        (Execution { host: machine::name(), signals: Signals::listen, ..execution }, origin)
    }
}
