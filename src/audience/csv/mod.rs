//! A CSV as people have it: its encoding found out, its rows cut, and results' guards against formulas.

pub(crate) mod decode;
mod detect;
pub(crate) mod guard;
pub(crate) mod legacy;
pub(crate) mod quotes;
pub(crate) mod text;
