//! `wxcast schema`: JSON Schemas, generated from the types they are about.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

use crate::campaign::{describe, schema};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{self, SchemaKind};
use crate::cli::terminal::Terminal;
use crate::locale::Language;
use crate::report::plan::json::PlanReport;
use crate::report::run::json::RunReport;
use crate::report::run::summary::Summary;

/// A schema. Those of the files that people write, which they see in their editor, speak their language; those of what is
/// printed for machines are always in English.
pub(crate) fn schema(which: SchemaKind, language: Language) -> Json {
    match which {
        SchemaKind::Campaign => describe::in_language(&schema::schema(), language),
        SchemaKind::Plan => printed::<PlanReport>(),
        SchemaKind::Summary => printed::<Summary>(),
        SchemaKind::Report => printed::<RunReport>(),
        SchemaKind::Policy => describe::policy_in_language(&schema::policy(), language),
    }
}

/// The schema of what is printed: every key that is always there is required.
fn printed<T: JsonSchema>() -> Json {
    let settings = SchemaSettings::default().for_serialize();
    let mut printed = settings.into_generator().into_root_schema_for::<T>().to_value();
    schema::drop_formats(&mut printed);
    printed
}

/// Prints a schema.
pub(crate) fn run(args: &args::Schema, terminal: &Terminal) -> Exit {
    terminal.json(&schema(args.which, terminal.words.language()));
    Exit::Ok
}
