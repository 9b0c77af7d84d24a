//! `wxcast simulator`: the simulator as a server of its own, on 127.0.0.1 only.

use std::io;
use std::path::Path;

use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::platform::runtime;
use crate::cli::problem::Problem;
use crate::cli::random;
use crate::cli::terminal::Terminal;
use crate::diagnostic::render::display;
use crate::diagnostic::unread;
use crate::locale::sentence::Sentence;
use crate::send::shutdown::Signals;
use crate::simulator::Simulator;
use crate::simulator::scenario::{Scenario, ScenarioError};

/// Runs the simulator until it is interrupted.
pub(crate) fn run(args: &args::Simulator, terminal: &Terminal) -> Result<Exit, Problem> {
    let scenario = scenario(args.scenario.as_deref())?;
    runtime()?.block_on(async {
        let mut signals = Signals::listen();
        let word = random::word()?;
        let simulator = Simulator::start_guarded(scenario, None, args.port, &word)
            .await
            .map_err(|error| not_started(Exit::Usage, args.port, error))?;
        let (base, clock) = (simulator.base_url(), simulator.clock());
        clock.go();
        let ledger = format!("{base}/simulator/ledger?token={word}");
        terminal.data(&format!("{base}\n{ledger}\n"));
        terminal.say("simulator.running", &[("base", &base), ("ledger", &ledger)]);
        if let Some(clock) = clock.shared() {
            terminal.data(&format!("WXCAST_CLOCK={clock}\n"));
            terminal.say("simulator.clock", &[("clock", &clock)]);
        }
        signals.next().await;
        simulator.stop().await;
        Ok(Exit::Ok)
    })
}

/// That the simulator does not start. Whoever chose the port may choose another.
pub(crate) fn not_started(exit: Exit, port: u16, error: io::Error) -> Problem {
    Problem::new(exit, "simulator").with("port", port).because(error)
}

/// Reads a scenario; without a file everything is answered at once with errcode 0.
pub(crate) fn scenario(path: Option<&Path>) -> Result<Scenario, Problem> {
    let Some(path) = path else { return Ok(Scenario::default()) };
    let scenario = Scenario::parse(&text_of(path)?).map_err(|error| misfit(path, &error))?;
    let beside = |name: &str| path.parent().unwrap_or(Path::new("")).join(name);
    let (times, people) = (scenario.times().map(beside), scenario.people().map(beside));
    let scenario = match times {
        Some(file) => scenario.with_times(&text_of(&file)?).map_err(|error| misfit(&file, &error))?,
        None => scenario,
    };
    match people {
        Some(file) => scenario.with_people(&text_of(&file)?).map_err(|error| misfit(&file, &error)),
        None => Ok(scenario),
    }
}

fn text_of(file: &Path) -> Result<String, Problem> {
    let text = unread::read(file).and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    text.map_err(|error| {
        Problem::new(Exit::Invalid, "cannot-read").with("file", display(file)).because(error)
    })
}

fn misfit(file: &Path, error: &ScenarioError) -> Problem {
    let problem = Problem::new(Exit::Invalid, "scenario")
        .with("file", display(file))
        .with("line", error.line)
        .with("column", error.column);
    match error.misfit() {
        Some(misfit) => {
            let sentence = Sentence::new(misfit.key);
            let fill = |sentence: Sentence, (place, value)| sentence.with(place, value);
            problem.with("reason", misfit.values.into_iter().fold(sentence, fill))
        }
        None => problem.because(&error.message),
    }
}
