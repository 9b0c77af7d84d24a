//! The file that a command makes: it is asked for first and written last, with what it tells of itself beside it.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::command::audience::session::Whose;
use crate::cli::exit_code::Exit;
use crate::cli::problem::Problem;
use crate::cli::sidecar::{Counts, Sidecar, Source, command_line};
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::report::list::{self, ListForm, MOST_ROWS, Take, Titles};

/// A file that people are written to.
#[derive(Debug)]
pub(super) struct Listing {
    file: PathBuf,
    form: ListForm,
}

impl Listing {
    /// Asks whether a file may be written, before anything is fetched for it.
    ///
    /// # Errors
    ///
    /// When it may not.
    pub(super) fn insist(file: &Path, whose: &Whose, state_dir: Option<&PathBuf>) -> Result<Self, Problem> {
        let form = ListForm::of(file)
            .ok_or_else(|| Problem::new(Exit::Usage, "gathered-form").with("file", display(file)))?;
        whose.kept(state_dir).insist_people(file)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Problem::new(Exit::Usage, "gathered-folder").with("folder", display(folder)));
        }
        Ok(Self { file: file.to_owned(), form })
    }

    /// Insists that so many people have room in it.
    ///
    /// # Errors
    ///
    /// When they have not.
    pub(super) fn insist_room(&self, people: u64) -> Result<(), Problem> {
        if self.form.holds(people) {
            return Ok(());
        }
        Err(Problem::new(Exit::Usage, "gathered-too-many")
            .with("file", display(&self.file))
            .with("count", people)
            .with("most", MOST_ROWS - 1))
    }

    /// Writes it, and what it tells of itself, and says so. `host` is where the people come from.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn write(
        &self,
        made: Making<'_>,
        titles: &Titles,
        fill: impl FnOnce(&mut Take<'_>) -> Result<(), Unwritten>,
        terminal: &Terminal,
    ) -> Result<(), Problem> {
        let Making { whose, host, source, counts, at } = made;
        let sha256 =
            list::write(&self.file, self.form, titles, fill).map_err(|unwritten| match unwritten {
                Unwritten::Disk(reason) => Problem::cannot_write(&self.file, reason),
                Unwritten::Changed => Problem::changed(Exit::Gate),
            })?;
        let sidecar = Sidecar {
            wxcast: env!("CARGO_PKG_VERSION").to_owned(),
            command: command_line(),
            source,
            appid: whose.account.appid.clone(),
            host: host.map(str::to_owned),
            made_at: at,
            counts,
            sha256,
        };
        sidecar.write(&self.file).map_err(|reason| Problem::cannot_write(&self.file, reason))?;
        terminal.say("gathered.written", &[("file", &display(&self.file)), ("count", &counts.people)]);
        if counts.repeated > 0 {
            terminal.say("gathered.repeated", &[("count", &counts.repeated)]);
        }
        Ok(())
    }
}

/// Why a file is not written.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// The disk says so.
    Disk(io::Error),
    /// What it is made of was changed meanwhile.
    Changed,
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// What a file is made of.
pub(super) struct Making<'a> {
    pub(super) whose: &'a Whose,
    pub(super) host: Option<&'a str>,
    pub(super) source: Source,
    pub(super) counts: Counts,
    pub(super) at: Timestamp,
}
