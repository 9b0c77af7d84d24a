//! Whoever sits at the terminal while a run goes on.

use std::sync::Arc;

use crate::campaign::Campaign;
use crate::cli::line::args::Progress as Shown;
use crate::cli::quota;
use crate::cli::terminal::Terminal;
use crate::report::progress::{Progress, Style};
use crate::send::execution::observer::{Observer, Remark, Watch};
use crate::send::execution::quota::Asked;

/// Shows progress and warnings of a run.
pub(crate) struct Watching<'t> {
    terminal: &'t Terminal,
    campaign: Arc<Campaign>,
    /// How many messages there are to send.
    total: u64,
    style: Style,
    progress: Option<Progress>,
}

impl<'t> Watching<'t> {
    pub(crate) fn new(campaign: &Arc<Campaign>, total: u64, terminal: &'t Terminal, shown: Shown) -> Self {
        let (campaign, style) = (Arc::clone(campaign), terminal.progress(shown));
        Self { terminal, campaign, total, style, progress: None }
    }
}

impl Observer for Watching<'_> {
    fn asked(&mut self, asked: &Asked) {
        quota::warn(asked, &self.campaign, self.total, self.terminal);
    }

    fn remarks(&mut self, remark: Remark) {
        match remark {
            Remark::Unshared => self.terminal.say("journal-unshared", &[]),
            Remark::Twice(count) => self.terminal.say("journal-twice", &[("count", &count)]),
            Remark::NoReceipt(reason) => self.terminal.say("no-receipt", &[("reason", &reason)]),
        }
    }

    fn begins(&mut self) -> Watch {
        let progress = Progress::new(self.style, self.total, &self.terminal.words);
        let watch = Arc::new(progress.observer());
        self.progress = Some(progress);
        watch
    }

    fn ended(&mut self, stood_in: &[(String, u64)]) {
        if let Some(progress) = self.progress.take() {
            progress.finish();
        }
        for (host, count) in stood_in {
            self.terminal.say("stood-in", &[("host", host), ("count", count)]);
        }
    }
}
