//! The faults of a campaign as every page draws them, and beside the fields of a form that they belong to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use crate::console::program::Planned;
use crate::diagnostic::place::{Place, Step};
use crate::locale::Catalog;
use crate::plan::Plan;
pub(crate) use crate::report::plan::faults::TEMPLATE;
use crate::report::plan::faults::{Faults, place};

/// So many of one field stand beside it.
const NEAR: usize = 3;

/// The faults, what keeps the campaign from being sent first. `folder` is not said before each file in it.
pub(crate) fn faults(folder: &Path, planned: &Planned, words: &Catalog) -> Faults {
    Faults::of(&planned.plan.diagnostics, &planned.sources, Some(folder), words)
}

/// A fault beside the field it belongs to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Near {
    /// Whether it keeps the campaign from being sent.
    pub(crate) error: bool,
    /// Where it is, where that is not the field itself.
    place: Option<String>,
    message: String,
    help: String,
    #[serde(skip)]
    index: usize,
}

/// The faults by the fields of the campaign file they belong to. What is taken stands beside a field; the rest does not.
#[derive(Debug)]
pub(crate) struct Beside {
    left: BTreeMap<String, Vec<Near>>,
    taken: BTreeSet<usize>,
}

impl Beside {
    /// Takes the faults of a field, and of what is in it.
    pub(crate) fn take(&mut self, at: &str) -> Vec<Near> {
        let is_inside =
            |name: &str| name.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('['));
        let names: Vec<String> = self.left.keys().filter(|name| is_inside(name)).cloned().collect();
        let taken: Vec<Near> = names.iter().filter_map(|name| self.left.remove(name)).flatten().collect();
        self.taken.extend(taken.iter().map(|near| near.index));
        taken.into_iter().take(NEAR).collect()
    }
}

/// The faults of a campaign by field.
pub(crate) fn beside(planned: &Planned, words: &Catalog) -> Beside {
    let mut left: BTreeMap<String, Vec<Near>> = BTreeMap::new();
    for (index, fault) in planned.plan.diagnostics.kept().iter().enumerate() {
        let Some(field) = field_of(&fault.at) else { continue };
        let of_list = matches!(fault.at, Place::Row(_)).then(|| {
            let file = planned.sources.audience.clone();
            let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
            place(&planned.sources.position(&fault.at), Some(&folder), words)
        });
        let near = Near {
            error: fault.is_error(),
            place: of_list,
            message: fault.message(words),
            help: fault.help(words),
            index,
        };
        left.entry(field).or_default().push(near);
    }
    Beside { left, taken: BTreeSet::new() }
}

/// Whether a fault is in the message itself, such as a picture that cannot be read: then there is nothing to draw.
pub(crate) fn spoil_the_message(plan: &Plan) -> bool {
    plan.diagnostics.kept().iter().any(|fault| {
        let first = fault.at.field().and_then(|at| at.steps().first());
        fault.is_error() && first == Some(&Step::Key("message".to_owned()))
    })
}

/// The field that a fault is mended in. What is wrong with the list as a whole is so where the list is named.
fn field_of(at: &Place) -> Option<String> {
    match at {
        Place::Audience | Place::Header { .. } => Some("audience.file".to_owned()),
        Place::Row(row) => row.field.as_ref().map(ToString::to_string),
        Place::Field(_) | Place::Key(_) | Place::Within(..) => at.field().map(ToString::to_string),
        Place::Campaign | Place::CampaignSpan(_) | Place::Line(_) | Place::List(_) | Place::Policy(_) => None,
    }
}

/// The faults that stand beside no field.
pub(crate) fn rest(folder: &Path, planned: &Planned, words: &Catalog, beside: &Beside) -> Faults {
    let kept = planned.plan.diagnostics.kept().iter().enumerate();
    let kept = kept.filter(|(index, _)| !beside.taken.contains(index)).map(|(_, fault)| fault);
    Faults::of_some(&kept.collect::<Vec<_>>(), &planned.sources, Some(folder), words)
}
