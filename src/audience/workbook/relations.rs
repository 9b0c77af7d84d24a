//! The relations by which a workbook of Office Open XML names its parts.

use std::collections::HashMap;

use crate::audience::workbook::cell::{Failure, within};
use crate::audience::workbook::package::{Package, resolved};
use crate::audience::workbook::xml::{Item, walk};

/// Where one part names another.
#[derive(Debug, Clone)]
struct Relation {
    kind: String,
    part: String,
}

/// The relations of one part, in their order and by their ids.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    all: Vec<Relation>,
    by_id: HashMap<String, usize>,
}

/// More relations than this has no workbook that anybody made.
const MOST: usize = 200_000;

/// The relations of the part of this name.
pub(crate) fn relations(package: &mut Package<'_>, part: &str) -> Result<Relations, Failure> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let name = resolved(folder, &format!("_rels/{file}.rels"));
    let mut all = Relations::default();
    if !package.has(&name) {
        return Ok(all);
    }
    walk(&name, package.part(&name)?, |item| {
        if let Item::Start(tag) = item
            && tag.name() == "Relationship"
        {
            // A relation without one of the three leads nowhere, and is of no use to anybody.
            if let (Some(id), Some(kind), Some(target)) =
                (tag.value("Id"), tag.value("Type"), tag.value("Target"))
            {
                all.by_id.entry(id).or_insert(all.all.len());
                all.all.push(Relation { kind, part: resolved(folder, &target) });
            }
        }
        within(all.all.len(), MOST)
    })?;
    Ok(all)
}

/// The workbook's own part: the one that the package begins with, or the one that is usual.
pub(crate) fn workbook(package: &mut Package<'_>, usual: &str) -> Result<String, Failure> {
    let relations = relations(package, "")?;
    let first = relations.of_kind("officeDocument").filter(|part| package.has(part));
    Ok(first.unwrap_or(usual).to_owned())
}

impl Relation {
    /// Whether it leads to a part of this kind.
    fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }
}

impl Relations {
    /// The part that the only relation of a kind leads to.
    pub(crate) fn of_kind(&self, kind: &str) -> Option<&str> {
        self.all.iter().find(|relation| relation.is(kind)).map(|relation| relation.part.as_str())
    }

    /// The part of the sheet that a relation leads to; nothing where it is a chart, a dialog or a macro.
    pub(crate) fn worksheet(&self, id: &str) -> Option<&str> {
        let relation = &self.all[*self.by_id.get(id)?];
        relation.is("worksheet").then_some(relation.part.as_str())
    }
}
