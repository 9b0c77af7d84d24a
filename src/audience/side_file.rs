//! A file that a campaign reads beside its audience: a list of people, or columns to be joined.

use crate::audience::fence::Fence;
use crate::audience::locate;
use crate::audience::reader::Reader;
use crate::audience::source::Source;
use crate::audience::unreadable::Unreadable;
use crate::audience::workbook::cache::Cache;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{ListPlace, Place, Sheet};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Such a file.
#[derive(Debug, Clone)]
pub(crate) struct SideFile {
    /// The file as the campaign names it, `已购买.xlsx#名单`.
    pub(crate) name: String,
    /// Where it is named, in the campaign file or in a policy.
    pub(crate) at: Place,
    /// The file.
    pub(crate) source: Source,
    /// Whether a faulty row of it is passed over.
    pub(crate) skips_faulty: bool,
    /// The code for a file that cannot be read, and for one that is none.
    pub(crate) codes: (Code, Code),
}

impl SideFile {
    /// The same file, read only where it is inside of a fence.
    pub(crate) fn within(&self, fence: &Fence) -> Self {
        let source = Source { fence: Some(fence.clone()), ..self.source.clone() };
        Self { source, ..self.clone() }
    }

    /// Reads it from the row that has one of these names, where a title stands above it, and tells every fault with its
    /// place. Gives nothing where it cannot be read at all.
    pub(crate) fn read<T>(
        &self,
        names: &[&str],
        take: impl FnOnce(&mut Reader, &mut Diagnostics) -> T,
    ) -> (Option<T>, Diagnostics) {
        let mut faults = Diagnostics::default();
        let source = self.below_title(names);
        let (taken, sheet) = match Self::open(&source) {
            Ok(mut reader) => {
                let sheet = reader.sheet().cloned();
                (Some(take(&mut reader, &mut faults)), sheet)
            }
            Err(unreadable) => {
                let errors = unreadable.faults.into_iter().filter(Diagnostic::is_error);
                faults.extend(errors.map(|fault| self.named(fault)));
                (None, unreadable.sheet)
            }
        };
        locate::fill(&source, faults.kept_mut());
        for fault in faults.kept_mut() {
            self.place(fault, sheet.as_ref());
        }
        (taken, faults)
    }

    /// A fault as it counts where faulty rows may be passed over.
    pub(crate) fn of_row(&self, fault: Diagnostic) -> Diagnostic {
        if self.skips_faulty { fault.into_warning() } else { fault }
    }

    /// The fault of a file that is told with its name, because there is no place in it to point at.
    fn named(&self, mut fault: Diagnostic) -> Diagnostic {
        fault.code = match fault.code {
            Code::AudienceUnreadable => self.codes.0,
            Code::AudienceSpecial => self.codes.1,
            _ => return fault,
        };
        fault.at = self.at.clone();
        fault.with("list", &self.name)
    }

    /// Its file, from the row that names the columns: what the campaign says of that row is said of the audience, and a
    /// title above the names of another file is nobody's fault.
    fn below_title(&self, names: &[&str]) -> Source {
        // What keeps the file from being read is told when it is opened.
        let row = Reader::row_below_title(&self.source, names).ok().flatten();
        let header_row = row.and_then(|row| u32::try_from(row).ok());
        // The cache is of the table as it is without this row.
        let cache = if header_row.is_some() { Cache::default() } else { self.source.cache.clone() };
        Source { header_row, cache, ..self.source.clone() }
    }

    fn open(source: &Source) -> Result<Reader, Unreadable> {
        let reader = Reader::open(source)?;
        // Rows that are hidden could be meant or not; the reader says so among its warnings.
        let faults: Vec<_> = reader.warnings().iter().filter(|fault| fault.is_error()).cloned().collect();
        let sheet = reader.sheet().cloned();
        if faults.is_empty() { Ok(reader) } else { Err(Unreadable { faults, sheet }) }
    }

    /// Puts a fault of an audience where it is in this file.
    fn place(&self, fault: &mut Diagnostic, sheet: Option<&Sheet>) {
        match &fault.at {
            Place::Audience | Place::Line(_) | Place::Header { .. } | Place::Row(_) => {
                let at = std::mem::replace(&mut fault.at, Place::Audience);
                let (file, sheet) = (self.source.path.clone(), sheet.cloned());
                fault.at = Place::List(Box::new(ListPlace { file, sheet, at }));
            }
            Place::Campaign
            | Place::CampaignSpan(_)
            | Place::Field(_)
            | Place::Key(_)
            | Place::Within(..)
            | Place::List(_)
            | Place::Policy(_) => fault.at = self.at.clone(),
        }
    }
}
