//! wxcast from outside: the real binary, a real socket, real signals. One file a feature.

mod support;

mod architecture;
mod golden_journal;
mod rehearse;
