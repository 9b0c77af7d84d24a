//! `wxcast simulator`: the simulator as a server of its own, on 127.0.0.1 only.

use std::fmt::Display;
use std::path::Path;

use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::platform::runtime;
use crate::cli::random;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::send::shutdown::Signals;
use crate::simulator::Simulator;
use crate::simulator::scenario::Scenario;

/// Runs the simulator until it is interrupted.
pub(crate) fn run(args: &args::Simulator, terminal: &Terminal) -> Exit {
    let scenario = match scenario(args.scenario.as_deref(), terminal) {
        Ok(scenario) => scenario,
        Err(exit) => return exit,
    };
    let runtime = match runtime(terminal) {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    runtime.block_on(async {
        let mut signals = Signals::listen();
        let word = match random::word() {
            Ok(word) => word,
            Err(error) => {
                terminal.complain("no-runtime", &[("reason", &error)]);
                return Exit::Internal;
            }
        };
        match Simulator::start_guarded(scenario, None, args.port, &word).await {
            Ok(simulator) => {
                let base = simulator.base_url();
                let ledger = format!("{base}/simulator/ledger?token={word}");
                terminal.data(&format!("{base}\n{ledger}\n"));
                terminal.say("simulator.running", &[("base", &base), ("ledger", &ledger)]);
                signals.next().await;
                simulator.stop().await;
                Exit::Ok
            }
            Err(error) => {
                terminal.complain("simulator", &[("port", &args.port), ("reason", &error)]);
                Exit::Usage
            }
        }
    })
}

/// Reads a scenario; without a file everything is answered at once with errcode 0.
pub(crate) fn scenario(path: Option<&Path>, terminal: &Terminal) -> Result<Scenario, Exit> {
    let Some(path) = path else { return Ok(Scenario::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        terminal.complain("cannot-read", &[("file", &display(path)), ("reason", &error)]);
        Exit::Invalid
    })?;
    Scenario::parse(&text).map_err(|error| {
        let said = error.misfit().map(|misfit| {
            let values = misfit.values.iter().map(|(name, value)| (name.as_str(), value as &dyn Display));
            terminal.words.say(&misfit.key, &values.collect::<Vec<_>>())
        });
        let (file, reason) = (display(path), said.as_ref().unwrap_or(&error.message));
        let places: [(&str, &dyn Display); 4] =
            [("file", &file), ("line", &error.line), ("column", &error.column), ("reason", reason)];
        terminal.complain("scenario", &places);
        Exit::Invalid
    })
}
