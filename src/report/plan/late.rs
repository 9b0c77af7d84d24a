//! `plan --late FILE`: the rows of those who will get nothing, as a file that can be the next audience.

use std::collections::HashSet;
use std::io::{self, Write};

use crate::audience::csv::guard::{arm, arm_openid};
use crate::plan::Plan;
use crate::plan::batch::{Batch, Verdict};
use crate::plan::inputs::Inputs;
use crate::plan::pass::{Changed, Pass};

/// Writes the rows of messages with these numbers, unchanged, below the names of their columns. The inner error is the
/// stream's.
///
/// # Errors
///
/// When the audience is no longer the one that was planned.
pub(crate) fn write(
    inputs: &Inputs<'_>,
    plan: &Plan,
    numbers: &[usize],
    out: &mut dyn Write,
) -> Result<io::Result<()>, Changed> {
    let lost: HashSet<usize> = numbers.iter().copied().collect();
    let mut pass = Pass::open(inputs, plan)?;
    let mut file =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(out);
    let openid = pass.header().position(&inputs.audience.openid_column);
    let names = pass.header().raw().iter().map(|name| arm(name));
    let names = names.enumerate().map(|(index, name)| match index {
        0 => format!("\u{feff}{name}"),
        _ => name.into_owned(),
    });
    if let Err(error) = file.write_record(names) {
        return Ok(Err(error.into()));
    }
    let (mut batch, mut number) = (Batch::default(), 0);
    while pass.next(&mut batch)? {
        for (index, entry) in batch.entries().iter().enumerate() {
            match entry.verdict {
                Verdict::Message { .. } => number += 1,
                Verdict::Skipped { .. } => continue,
            }
            if !lost.contains(&(number - 1)) {
                continue;
            }
            let row = pass.rows().get(index).expect("a batch has an entry for each of its rows");
            // It was read as text, or it would be no message.
            let cells = row.record().iter().map(String::from_utf8_lossy).enumerate();
            let harmless = cells.map(|(index, cell)| match openid == Some(index) {
                true => arm_openid(&cell).into_owned(),
                false => arm(&cell).into_owned(),
            });
            if let Err(error) = file.write_record(harmless) {
                return Ok(Err(error.into()));
            }
        }
    }
    Ok(file.flush())
}
