//! A workbook is parsed once for each content it has: planning, sending and the results read it again and again.

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::table::Table;

/// The table of the content that was read last, shared by all copies of a source.
///
/// The file's bytes are read and hashed each time, so a file that was changed is noticed.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<Option<Parsed>>>);

#[derive(Debug)]
struct Parsed {
    content: [u8; 32],
    table: Arc<Table>,
}

// What was read is no part of what a source is.
impl PartialEq for Cache {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cache {}

impl Cache {
    /// The table of these bytes, parsed only where they are not those of last time.
    pub(in crate::audience) fn table(
        &self,
        bytes: &[u8],
        parse: impl FnOnce() -> Result<Table, Unreadable>,
    ) -> Result<Arc<Table>, Unreadable> {
        let content: [u8; 32] = Sha256::digest(bytes).into();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parsed) = last.as_ref().filter(|parsed| parsed.content == content) {
            return Ok(Arc::clone(&parsed.table));
        }
        let table = Arc::new(parse()?);
        *last = Some(Parsed { content, table: Arc::clone(&table) });
        Ok(table)
    }
}
