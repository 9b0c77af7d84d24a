//! A CSV as people have it: its encoding found out, its rows cut, and results' guards against formulas.

pub mod decode;
pub mod guard;
pub mod text;
