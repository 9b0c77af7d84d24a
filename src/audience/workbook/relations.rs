//! The relations by which a workbook of Office Open XML names its parts.

use crate::audience::workbook::cell::Failure;
use crate::audience::workbook::package::{Package, resolved};
use crate::audience::workbook::xml::{Item, walk};

/// Where one part names another.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    id: String,
    kind: String,
    part: String,
}

/// The relations of the part of this name.
pub(crate) fn relations(package: &mut Package<'_>, part: &str) -> Result<Vec<Relation>, Failure> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let name = resolved(folder, &format!("_rels/{file}.rels"));
    let mut all = Vec::new();
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
                all.push(Relation { id, kind, part: resolved(folder, &target) });
            }
        }
        Ok(true)
    })?;
    Ok(all)
}

/// The workbook's own part: the one that the package begins with, or the one that is usual.
pub(crate) fn workbook(package: &mut Package<'_>, usual: &str) -> Result<String, Failure> {
    let first = relations(package, "")?.into_iter().find(|relation| relation.is("officeDocument"));
    Ok(first
        .map(|relation| relation.part)
        .filter(|part| package.has(part))
        .unwrap_or_else(|| usual.to_owned()))
}

impl Relation {
    /// Whether it leads to a part of this kind.
    fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }
}

/// The part that the only relation of a kind leads to.
pub(crate) fn of_kind<'r>(relations: &'r [Relation], kind: &str) -> Option<&'r str> {
    relations.iter().find(|relation| relation.is(kind)).map(|relation| relation.part.as_str())
}

/// The part of the sheet that a relation leads to; nothing where it is a chart, a dialog or a macro.
pub(crate) fn worksheet<'r>(relations: &'r [Relation], id: &str) -> Option<&'r str> {
    let relation = relations.iter().find(|relation| relation.id == id)?;
    relation.is("worksheet").then_some(relation.part.as_str())
}
