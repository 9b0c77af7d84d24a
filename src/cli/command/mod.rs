//! The subcommands, one a file. Each takes its arguments and a terminal, and gives the exit.

pub mod completions;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod man;
pub mod media;
pub mod plan;
pub mod preview;
pub mod rehearse;
pub mod report;
pub mod resolve;
pub mod results;
pub mod runs;
pub mod schema;
pub mod send;
pub mod serve;
pub mod simulator;
pub mod status;
pub mod stop;
