//! `audience.exclude` and `audience.only`: other files of people.

use crate::audience::Source;
use crate::audience::lists::{self, List, Membership};
use crate::audience::side_file::SideFile;
use crate::audience::wishes::HiddenRows;
use crate::campaign::file::{AudienceTable, InvalidRows};
use crate::campaign::validate::check::Check;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

impl Check<'_> {
    /// The other files of people. They are read as the audience is, but for what only fits one file.
    pub(super) fn lists(&mut self, audience: &AudienceTable, like: &Source) -> Option<Vec<List>> {
        let mut lists = Vec::new();
        for (key, membership, names) in
            [("exclude", Membership::Exclude, &audience.exclude), ("only", Membership::Only, &audience.only)]
        {
            let at = FieldPath::of("audience").key(key);
            // Nobody could get anything, which cannot be meant.
            if membership == Membership::Only && names.as_ref().is_some_and(Vec::is_empty) {
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                return None;
            }
            for (index, name) in names.iter().flatten().enumerate() {
                // People who asked to get nothing are left out even if a filter hides their rows.
                let hidden_rows = match membership {
                    Membership::Exclude => HiddenRows::Include,
                    Membership::Only => like.hidden_rows,
                };
                let mut file = self.list_file(name, &at.index(index), &like.openid, hidden_rows)?;
                file.skips_faulty = audience.invalid_rows == Some(InvalidRows::Skip);
                lists.push(List { membership, expects_match: true, file });
            }
        }
        Some(lists)
    }

    /// The file of a list, of which a faulty row is a fault.
    pub(super) fn list_file(
        &mut self,
        name: &str,
        at: &FieldPath,
        openid: &str,
        hidden_rows: HiddenRows,
    ) -> Option<SideFile> {
        let (file, sheet) = lists::parts(name);
        if file.trim().is_empty() {
            self.bad(at, name, "….csv, ….xlsx, ….xlsx#…");
            return None;
        }
        let source = Source {
            path: self.dir.join(file),
            sheet: sheet.map(str::to_owned),
            openid: openid.to_owned(),
            hidden_rows,
            ..Source::default()
        };
        Some(SideFile {
            name: name.to_owned(),
            at: Place::Field(at.clone()),
            source,
            skips_faulty: false,
            codes: (Code::ListUnreadable, Code::ListSpecial),
        })
    }
}
