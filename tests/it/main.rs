//! wxcast from outside: the real binary, a real socket, real signals. One file a feature.

#[allow(dead_code, unreachable_pub, reason = "a builder for all tests; nobody is outside of a test binary")]
mod support;

mod answers;
mod architecture;
mod bad_input;
mod cli;
mod clock;
mod crash;
mod docs;
mod doctor;
mod explain;
mod faults;
mod generated_docs;
mod golden_journal;
mod hosts;
mod init;
mod journal;
mod kinds;
mod locales;
mod lock;
mod manuals;
mod model;
mod moved;
mod pacing;
mod plan;
mod preview;
mod quota;
mod rehearse;
mod resolve;
mod results;
mod schema;
mod secrets;
mod send;
mod signals;
mod stop;
mod storage;
mod templates;
mod tls;
mod token_cache;
mod token_command;
mod tutorial_docs;
