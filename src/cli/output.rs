//! Where reports go: to a file or to stdout, and what of them is masked.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::exit_code::Exit;
use crate::cli::line::args::MaskOpenid;
use crate::cli::problem::Problem;
use crate::cli::terminal::{self, Form, Terminal};
use crate::report::write_file;

/// Whether openids are masked in a report: where it travels, unless somebody says otherwise.
pub(crate) fn masks(wanted: MaskOpenid, travels: bool) -> bool {
    if travels { wanted != MaskOpenid::Off } else { terminal::masks(wanted) }
}

/// What a report of this name is made of.
pub(crate) fn form_of(name: &str) -> Form {
    match name {
        "json" | "gitlab" | "sarif" => Form::Json,
        "github" => Form::Commands,
        _ => Form::Text,
    }
}

/// The file that a flag names; nothing where that is `-`, stdout.
pub(crate) fn file(output: Option<&PathBuf>) -> Option<&Path> {
    output.map(PathBuf::as_path).filter(|file| *file != Path::new("-"))
}

/// Writes to a file, whole or not at all, or to stdout.
///
/// # Errors
///
/// When the file cannot be written, or the report not be put together. Who closes stdout does not want the rest.
pub(crate) fn print(
    file: Option<&Path>,
    terminal: &Terminal,
    form: Form,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Problem> {
    match file {
        Some(file) => {
            write_file(file, |out| content(out)).map_err(|reason| Problem::cannot_write(file, reason))
        }
        None => {
            let mut out = Vec::new();
            // Memory takes everything: what fails here is the report itself.
            content(&mut out).map_err(|_| Problem::new(Exit::Internal, "internal"))?;
            terminal.document(&String::from_utf8_lossy(&out), form);
            Ok(())
        }
    }
}
