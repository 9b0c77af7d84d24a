//! The file that a command makes: it is asked for first and written last, with what it tells of itself beside it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::command::audience::halted::Unwritten;
use crate::cli::command::audience::session::Whose;
use crate::cli::exit_code::Exit;
use crate::cli::platform::hosts_of;
use crate::cli::problem::Problem;
use crate::cli::sidecar::{Counts, Sidecar, Source, command_line};
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::own_file;
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
        // What an earlier one that was killed has left.
        own_file::sweep(folder.unwrap_or(Path::new(".")));
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
        let sha256 = self.fill(titles, fill).map_err(|unwritten| self.problem(unwritten))?;
        self.tell(made, sha256, terminal)
    }

    /// Writes it, and gives its SHA-256.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or what `fill` says.
    pub(super) fn fill(
        &self,
        titles: &Titles,
        fill: impl FnOnce(&mut Take<'_>) -> Result<(), Unwritten>,
    ) -> Result<String, Unwritten> {
        list::write(&self.file, self.form, titles, fill)
    }

    /// Why it is not written, for people.
    pub(super) fn problem(&self, unwritten: Unwritten) -> Problem {
        match unwritten {
            Unwritten::Disk(reason) => Problem::cannot_write(&self.file, reason),
            Unwritten::Changed | Unwritten::Repeated => Problem::changed(Exit::Gate),
            Unwritten::Missing(problem) => problem,
        }
    }

    /// Whether it can be written while its people come: they need not be counted before.
    pub(super) fn is_endless(&self) -> bool {
        self.form == ListForm::Csv
    }

    /// Puts beside it what it tells of itself, and says that it is written.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub(super) fn tell(&self, made: Making<'_>, sha256: String, terminal: &Terminal) -> Result<(), Problem> {
        let Making { whose, host, source, counts, at } = made;
        let destination = match host {
            Some(_) => Some(hosts_of(&whose.account)?.destination().name().to_owned()),
            None => None,
        };
        let sidecar = Sidecar {
            wxcast: env!("CARGO_PKG_VERSION").to_owned(),
            command: command_line(),
            source,
            appid: whose.account.appid.clone(),
            host: host.map(str::to_owned),
            destination,
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

/// What a file is made of.
pub(super) struct Making<'a> {
    pub(super) whose: &'a Whose,
    pub(super) host: Option<&'a str>,
    pub(super) source: Source,
    pub(super) counts: Counts,
    pub(super) at: Timestamp,
}
