//! wxcast from outside: the real binary, a real socket, real signals. One file a feature.

mod support;

mod architecture;
mod docs;
mod rehearse;
