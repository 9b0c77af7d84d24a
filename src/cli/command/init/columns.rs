//! What a list holds, as far as the questions need to know: its columns, its first rows, a title above them.

use crate::audience::header::Header;
use crate::audience::openid;
use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::audience::time_cell;
use crate::campaign::moment::usual_zone;
use crate::campaign::template::OPENID;
use crate::cli::command::init::starter::Starter;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;

/// What a column of the times of last contact is called.
const CONTACT: &[&str] =
    &["互动", "消息", "回复", "咨询", "联系", "会话", "contact", "message", "wrote", "interact"];
/// How many rows say what a column holds.
const LOOKED_AT: usize = 20;

/// The first rows of a list, each with its number, and the one that most likely names the columns.
#[derive(Clone)]
pub(in crate::cli::command) struct Titled {
    pub(in crate::cli::command) rows: Vec<(u64, String)>,
    pub(in crate::cli::command) names: u64,
}

/// What an audience file holds, as far as a campaign needs to know.
#[derive(Clone)]
pub(in crate::cli::command) struct Columns {
    pub(in crate::cli::command) header: Header,
    /// The cells of the first rows.
    pub(in crate::cli::command) rows: Vec<Vec<String>>,
    /// How many rows are hidden and nobody has said what they are, and which.
    pub(super) hidden: Option<(String, String)>,
}

impl Columns {
    /// The column that is called openid, or whose first cell looks like one.
    pub(in crate::cli::command) fn likely_openid(&self) -> Option<String> {
        let named = self.header.names().find(|name| name.eq_ignore_ascii_case(OPENID));
        let looks = |cell: &&String| matches!(openid::check(cell.trim()), Ok(openid::Shape::Usual));
        let first = || self.rows.first().into_iter().flatten();
        let by_look = || first().position(|cell| looks(&cell)).and_then(|at| self.header.names().nth(at));
        named.or_else(by_look).filter(|name| !name.is_empty()).map(str::to_owned)
    }

    /// The column whose cells are all times of day on a date, so far as they are filled; one whose name speaks of contact
    /// before others.
    pub(in crate::cli::command) fn likely_contact(&self) -> Option<(String, bool)> {
        let zone = usual_zone();
        // A bare number is a time only where the column's name says so: orders and members have numbers, too.
        let is_time = |cell: &str, speaks: bool| {
            let is_number = cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let read = time_cell::read(cell, &zone, None).filter(|_| speaks || !is_number);
            read.is_some_and(|read| !read.date_only)
        };
        let speaks = |name: &str| CONTACT.iter().any(|word| name.to_lowercase().contains(word));
        let holds_times = |at: usize, name: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.trim());
            let filled: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
            !filled.is_empty() && filled.into_iter().all(|cell| is_time(cell, speaks(name)))
        };
        let names = self.header.names().enumerate().filter(|(_, name)| !name.is_empty());
        let times: Vec<&str> =
            names.filter(|(at, name)| holds_times(*at, name)).map(|(_, name)| name).collect();
        let by_name = times.iter().find(|name| speaks(name)).map(|name| ((*name).to_owned(), true));
        by_name.or_else(|| times.first().map(|name| ((*name).to_owned(), false)))
    }

    /// The first cell of a column, where none of the cells that were looked at is an openid of the usual shape.
    pub(in crate::cli::command) fn no_openid(&self, name: &str) -> Option<&str> {
        let at = self.header.position(name)?;
        let cells = || self.rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.trim());
        let usual = cells().any(|cell| matches!(openid::check(cell), Ok(openid::Shape::Usual)));
        if usual { None } else { cells().find(|cell| !cell.is_empty()).or_else(|| cells().next()) }
    }
}

/// So many rows are looked through for the names of the columns.
const TITLE_ROWS: usize = 10;
/// So much of a row is shown.
const ROW_SHOWN: usize = 60;

/// The columns of the audience; nothing where a title seems to stand above their names, and then its first rows.
pub(in crate::cli::command) fn columns_below(
    starter: &Starter,
) -> Result<(Option<Columns>, Option<Titled>), Vec<Diagnostic>> {
    let told = |faults: &[Diagnostic]| faults.iter().any(|fault| fault.code == Code::TitleAboveNames);
    let found = columns(starter);
    let is_title = match &found {
        Ok(columns) => columns.header.names().filter(|name| !name.is_empty()).count() == 1,
        Err(faults) => told(faults),
    };
    match titled(starter).filter(|_| is_title) {
        Some(titled) => Ok((None, Some(titled))),
        None => found.map(|columns| (Some(columns), None)),
    }
}

/// The first rows of a list and the first of them that has as many cells as any; nothing where that is the very first.
fn titled(starter: &Starter) -> Option<Titled> {
    let source = starter.judged_so_far().audience?.source;
    let (mut reader, first) = Reader::begin(&source).ok()?;
    let top = reader.sheet().map_or(first.sheet_row(), |sheet| sheet.header_row);
    let filled = |cells: &mut dyn Iterator<Item = &str>| {
        cells.map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut rows = vec![(top, filled(&mut reader.header().names()))];
    let mut row = Row::default();
    while rows.len() < TITLE_ROWS && reader.next(&mut row).ok()? {
        rows.push((row.sheet_row(), filled(&mut row.cells().ok()?.iter())));
    }
    let most = rows.iter().map(|(_, cells)| cells.len()).max()?;
    let names = rows.iter().find(|(_, cells)| cells.len() == most).map(|(number, _)| *number)?;
    let shown = |(number, cells): (u64, Vec<String>)| {
        let text = cells.join(" | ");
        let short: String = text.chars().take(ROW_SHOWN).collect();
        (number, if short.len() < text.len() { format!("{short}…") } else { text })
    };
    (names != top && most > 1).then(|| Titled { rows: rows.into_iter().map(shown).collect(), names })
}

/// The columns of the audience and its first row, or what keeps the file from being read.
pub(in crate::cli::command) fn columns(starter: &Starter) -> Result<Columns, Vec<Diagnostic>> {
    let judged = starter.judged_so_far();
    let Some(audience) = judged.audience else { return Err(judged.faults) };
    let mut reader = Reader::open(&audience.source).map_err(|unreadable| unreadable.faults)?;
    let mut row = Row::default();
    let mut rows = Vec::new();
    while rows.len() < LOOKED_AT && reader.read(&mut row).map_err(|fault| vec![fault])?.is_some() {
        rows.push(row.cells().map_err(|fault| vec![fault])?.iter().map(str::to_owned).collect());
    }
    let value = |fault: &Diagnostic, wanted: &str| {
        fault.values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_string())
    };
    let hidden = reader.warnings().iter().find(|fault| fault.code == Code::HiddenRows);
    let hidden = hidden.and_then(|fault| Some((value(fault, "count")?, value(fault, "rows")?)));
    Ok(Columns { header: reader.header().clone(), rows, hidden })
}
