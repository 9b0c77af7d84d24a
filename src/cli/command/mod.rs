//! The subcommands, one a file. Each takes its arguments and a terminal, and gives the exit.

pub(crate) mod audience;
pub(crate) mod chosen;
pub(crate) mod completions;
pub(crate) mod console;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod journal;
pub(crate) mod man;
pub(crate) mod media;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod rehearse;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod results;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod simulator;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod trial;
