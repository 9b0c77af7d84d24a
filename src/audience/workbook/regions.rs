//! What is hidden and merged on a sheet, whatever the format of its file.

use std::ops::RangeInclusive;

/// A rectangle of cells: its first and its last, each as row and column from 0.
pub(crate) type Region = ((u32, u32), (u32, u32));

/// How the rows and cells of a sheet lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The rows that are hidden, from 0, in order.
    pub(crate) hidden: Vec<RangeInclusive<u32>>,
    /// The cells that are merged.
    pub(crate) merged: Vec<Region>,
    /// The formulas that were never calculated, where only their file as a whole tells so.
    pub(crate) without_value: Vec<(u32, u32)>,
}
