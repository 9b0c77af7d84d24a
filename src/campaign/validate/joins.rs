//! `[[audience.join]]`: other files whose columns the message can use.

use crate::audience::Source;
use crate::audience::join::Join;
use crate::audience::lists;
use crate::audience::side_file::SideFile;
use crate::audience::wishes::Unmatched;
use crate::campaign::file::{AudienceTable, InvalidRows, JoinTable};
use crate::campaign::validate::check::Check;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

impl Check<'_> {
    /// The joined files. They are read as the audience is, but for what only fits one file.
    pub(super) fn joins(&mut self, audience: &AudienceTable, like: &Source) -> Option<Vec<Join>> {
        let joins = audience.join.iter().flatten().enumerate();
        // Each is looked at, so that the faults of all are told.
        let joins: Vec<Option<Join>> =
            joins.map(|(index, table)| self.join(audience, like, index, table)).collect();
        joins.into_iter().collect()
    }

    fn join(
        &mut self,
        audience: &AudienceTable,
        like: &Source,
        index: usize,
        table: &JoinTable,
    ) -> Option<Join> {
        let at = FieldPath::of("audience.join").index(index);
        let name = self.required(table.file.as_ref(), &at.key("file"))?;
        let (file, sheet) = lists::parts(name);
        if file.trim().is_empty() {
            self.bad(&at.key("file"), name, "….csv, ….xlsx, ….xlsx#…");
            return None;
        }
        let on = table.on.clone().unwrap_or_else(|| like.openid.clone());
        let to = table.to.clone().unwrap_or_else(|| on.clone());
        let source = Source {
            path: self.dir.join(file),
            sheet: sheet.map(str::to_owned),
            openid: to.clone(),
            hidden_rows: like.hidden_rows,
            formats: like.formats.clone(),
            ..Source::default()
        };
        let file = SideFile {
            name: name.clone(),
            at: Place::Field(at.key("file")),
            source,
            skips_faulty: audience.invalid_rows == Some(InvalidRows::Skip),
            codes: (Code::JoinUnreadable, Code::JoinSpecial),
        };
        Some(Join { at, file, on, to, missing: table.missing.unwrap_or(Unmatched::Error) })
    }
}
