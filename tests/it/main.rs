//! wxcast from outside: the real binary, a real socket, real signals. One file a feature.

#[allow(dead_code, unreachable_pub, reason = "a builder for all tests; nobody is outside of a test binary")]
mod support;

mod answers;
mod architecture;
mod crash;
mod docs;
mod golden_journal;
mod journal;
mod lock;
mod pacing;
mod rehearse;
mod results;
mod send;
mod signals;
mod storage;
