//! `[results]`: where they go. Never into a file that is read.

use std::path::{Component, Path, PathBuf};

use crate::api_base::Destination;
use crate::audience::workbook::is_named_so;
use crate::campaign::file::{ResultsLanguage, ResultsTable};
use crate::campaign::results_name::{LOCAL, marked};
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
        destination: Option<Destination>,
        overrides: &Overrides,
    ) -> Option<Results> {
        let language = match results.language.unwrap_or(ResultsLanguage::En) {
            ResultsLanguage::En => Language::En,
            ResultsLanguage::ZhCn => Language::ZhCn,
        };
        let audience = audience?;
        let usual = name.map(|name| self.dir.join(name));
        let given = results.file.as_ref().map(|file| self.dir.join(file));
        let named = overrides.results.clone().or_else(|| given.clone());
        let wanted = named.clone().or_else(|| usual.clone())?;
        let split = results.split.unwrap_or(false);
        // Whatever file is named, what a simulator was sent lies beside it under a name of its own.
        let own = |path: &PathBuf| match destination {
            Some(Destination::Local) => marked(path, LOCAL),
            Some(Destination::Real) | None => path.clone(),
        };
        let usual = given.iter().chain(&usual).map(own).collect();
        let omit = self.omitted(results, &audience.openid_column)?;
        let results = Results { path: own(&wanted), named, usual, language, split, omit };
        if is_named_so(&results.path) && !results.is_workbook() {
            let name = results.path.file_name().expect("a path with an extension has a name");
            self.bad(&FieldPath::of("results.file"), &name.to_string_lossy(), "….csv, ….xlsx");
        }
        let beside = audience.beside().map(|file| file.source.path.as_path());
        let reads = [audience.source.path.as_path(), self.path].into_iter().chain(beside);
        // A file that a flag names is no fault of the campaign: whoever would write it says so.
        for own in reads.filter(|_| overrides.results.is_none()) {
            let said = Results { path: wanted.clone(), ..results.clone() };
            for written in results.files().into_iter().chain(said.files()) {
                if plain(&written) == plain(own) {
                    let at = FieldPath::of("results.file");
                    self.push(Diagnostic::new(Code::SameFile, Place::Field(at)).with("file", own));
                    break;
                }
            }
        }
        Some(results)
    }

    /// The columns that are left out. Without the one of openids nobody could be found by the results any more.
    fn omitted(&mut self, results: &ResultsTable, openid: &str) -> Option<Vec<String>> {
        let at = FieldPath::of("results.omit");
        let may_go = |name: &str| (!name.trim().is_empty() && name != openid).then(|| name.to_owned());
        self.each(results.omit.as_deref(), &at, "[\"…\"]", may_go)
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

/// The name of a results file that the campaign does not name. Each wave has its own.
pub(super) fn default_results(id: &CampaignId, wave: u32) -> String {
    let wave = if wave == 1 { String::new() } else { format!(".wave{wave}") };
    format!("{id}{wave}.results.csv")
}
