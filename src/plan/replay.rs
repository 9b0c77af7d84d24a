//! Reads the audience again for sending, and lets no message out that is not the one that was planned.

use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::batch::Batch;
use crate::plan::digest::{Digest, Running};
use crate::plan::inputs::Inputs;
use crate::plan::planner::Planner;

/// Why a replay cannot go on.
#[derive(Debug)]
pub enum Changed {
    /// The file can no longer be read as it was.
    Unreadable(Vec<Diagnostic>),
    /// A payload differs from the plan, or rows came or went.
    Differs,
}

/// A second reading, held against the plan batch by batch.
pub struct Replay<'a> {
    planner: Planner<'a>,
    running: Running,
    checkpoints: std::slice::Iter<'a, Digest>,
}

impl<'a> Replay<'a> {
    /// Opens the audience again.
    ///
    /// # Errors
    ///
    /// When its file or header has become faulty.
    pub fn open(inputs: &'a Inputs<'a>, plan: &'a Plan) -> Result<Self, Changed> {
        let planner = Planner::open(inputs, plan.repeated.clone()).map_err(Changed::Unreadable)?;
        Ok(Self { planner, running: Running::default(), checkpoints: plan.checkpoints.iter() })
    }

    /// The next batch, its payloads proven to be the planned ones, or nothing at the end.
    ///
    /// # Errors
    ///
    /// When the batch is not the one that was planned. None of its messages is given out.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, Changed> {
        let mut batch = Batch::default();
        if !self.planner.fill(&mut batch) {
            return if self.checkpoints.next().is_none() { Ok(None) } else { Err(Changed::Differs) };
        }
        self.running.add(batch.payloads());
        if self.checkpoints.next() == Some(&self.running.now()) {
            Ok(Some(batch))
        } else {
            Err(Changed::Differs)
        }
    }
}
