//! One person's messages, strictly one after another.
//!
//! No stored source says that messages arrive in the order of the calls (docs/platform.md#order). So the next message
//! to a person waits until the last one is settled, its retries included.

use std::collections::{HashMap, VecDeque};

use crate::send::worker::Job;

/// Whose turn it is, by openid.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Who has a message under way, and those that wait behind it.
    waiting: HashMap<String, VecDeque<Job>>,
    count: usize,
}

impl Turns {
    /// Gives a job back when it is its turn, and else keeps it until then.
    pub(crate) fn admit(&mut self, job: Job) -> Option<Job> {
        if let Some(behind) = self.waiting.get_mut(job.message.openid()) {
            behind.push_back(job);
            self.count += 1;
            return None;
        }
        self.waiting.insert(job.message.openid().to_owned(), VecDeque::new());
        Some(job)
    }

    /// Notes that a person's message is settled, and gives the next one.
    pub(crate) fn settled(&mut self, openid: &str) -> Option<Job> {
        let next = self.waiting.get_mut(openid).and_then(VecDeque::pop_front);
        match next {
            Some(_) => self.count -= 1,
            None => drop(self.waiting.remove(openid)),
        }
        next
    }

    /// How many wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.count
    }
}
