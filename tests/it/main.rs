//! wxcast from outside: the real binary, a real socket, real signals. One file a feature.

mod support;

mod answers;
mod architecture;
mod lock;
mod rehearse;
mod send;
mod signals;
