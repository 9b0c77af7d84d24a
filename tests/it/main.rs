//! wxcast from outside: the real binary, a real socket, real signals. One file a feature.

mod support;

mod answers;
mod architecture;
mod golden_journal;
mod rehearse;
mod send;
