//! `wxcast schema`: JSON Schemas, generated from the types they are about.

use serde_json::Value as Json;

use crate::campaign::shape;
use crate::cli::args::{self, SchemaKind};
use crate::cli::exit_code::Exit;
use crate::cli::terminal::Terminal;
use crate::report::plan_json::PlanReport;
use crate::report::summary::Summary;

/// A schema.
pub fn schema(which: SchemaKind) -> Json {
    match which {
        SchemaKind::Campaign => shape::schema(),
        SchemaKind::Plan => schemars::schema_for!(PlanReport).to_value(),
        SchemaKind::Summary => schemars::schema_for!(Summary).to_value(),
    }
}

/// Prints a schema.
pub fn run(args: &args::Schema, terminal: &Terminal) -> Exit {
    terminal.json(&schema(args.which));
    Exit::Ok
}
