//! `[try]`: to whom the message is sent first.

use crate::audience::Source;
use crate::audience::lists::{self, List, Membership};
use crate::audience::openid::{self, Shape};
use crate::audience::side_file::SideFile;
use crate::audience::wishes::HiddenRows;
use crate::campaign::file::{OneOrMany, TryTable};
use crate::campaign::validate::check::Check;
use crate::campaign::{ByPolicies, Testers};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

impl Check<'_> {
    pub(super) fn testers(&mut self, table: &TryTable, openid_column: &str) -> Option<Testers> {
        let at = FieldPath::of("try.recipients");
        let names: Vec<(FieldPath, &String)> = match &table.recipients {
            None => Vec::new(),
            Some(OneOrMany::One(name)) => vec![(at, name)],
            Some(OneOrMany::Many(names)) if names.is_empty() => {
                self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
                return None;
            }
            Some(OneOrMany::Many(names)) => {
                names.iter().enumerate().map(|(index, name)| (at.index(index), name)).collect()
            }
        };
        let required = table.required.unwrap_or(false);
        let mut testers =
            Testers { openids: Vec::new(), files: Vec::new(), required, by_policies: ByPolicies::default() };
        for (at, name) in names {
            if openid::check(name) == Ok(Shape::Usual) {
                testers.openids.push(name.clone());
                continue;
            }
            let (file, sheet) = lists::parts(name);
            if file.trim().is_empty() {
                self.bad(&at, name, "o…, ….csv, ….xlsx, ….xlsx#…");
                return None;
            }
            let source = Source {
                path: self.dir.join(file),
                sheet: sheet.map(str::to_owned),
                openid: openid_column.to_owned(),
                hidden_rows: HiddenRows::Include,
                ..Source::default()
            };
            let codes = (Code::ListUnreadable, Code::ListSpecial);
            let at = Place::Field(at);
            let file = SideFile { name: name.clone(), at, source, skips_faulty: false, codes };
            testers.files.push(List { membership: Membership::Only, expects_match: false, file });
        }
        Some(testers)
    }
}
