//! `[results]`: where they go. Never into a file that is read.

use std::path::{Component, Path, PathBuf};

use crate::api_base::Destination;
use crate::audience::workbook::is_named_so;
use crate::campaign::file::{ResultsLanguage, ResultsTable};
use crate::campaign::validate::check::Check;
use crate::campaign::validate::overrides::Overrides;
use crate::campaign::{Audience, CampaignId, Results};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::locale::Language;

impl Check<'_> {
    pub(super) fn results(
        &mut self,
        results: &ResultsTable,
        audience: Option<&Audience>,
        name: Option<String>,
        overrides: &Overrides,
    ) -> Option<Results> {
        let language = match results.language.unwrap_or(ResultsLanguage::En) {
            ResultsLanguage::En => Language::En,
            ResultsLanguage::ZhCn => Language::ZhCn,
        };
        let audience = audience?;
        let path = match (&overrides.results, &results.file) {
            (Some(path), _) => path.clone(),
            (None, Some(file)) => self.dir.join(file),
            (None, None) => self.dir.join(name?),
        };
        let results = Results { path, language, split: results.split.unwrap_or(false) };
        if is_named_so(&results.path) && !results.is_workbook() {
            let name = results.path.file_name().expect("a path with an extension has a name");
            self.bad(&FieldPath::of("results.file"), &name.to_string_lossy(), "….csv, ….xlsx");
        }
        let lists = audience.lists.all().iter().map(|list| list.source.path.as_path());
        let reads = [audience.source.path.as_path(), self.path].into_iter().chain(lists);
        // A file that a flag names is no fault of the campaign: whoever would write it says so.
        for own in reads.filter(|_| overrides.results.is_none()) {
            for written in results.files() {
                if plain(&written) == plain(own) {
                    let at = FieldPath::of("results.file");
                    self.push(Diagnostic::new(Code::SameFile, Place::Field(at)).with("file", own));
                }
            }
        }
        Some(results)
    }
}

/// A path without the detours that name the same file: `a/./b/../c` is `a/c`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The name of a results file that the campaign does not name. Each wave has its own, and what was sent to a simulator
/// never stands where real results are looked for.
pub(super) fn default_results(id: &CampaignId, wave: u32, destination: Option<Destination>) -> String {
    let wave = if wave == 1 { String::new() } else { format!(".wave{wave}") };
    let local = match destination {
        Some(Destination::Local) => ".local",
        Some(Destination::Real) | None => "",
    };
    format!("{id}{wave}{local}.results.csv")
}
