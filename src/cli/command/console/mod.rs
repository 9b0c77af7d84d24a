//! `wxcast console`: a page on this computer for people without a terminal.

mod drafting;
mod program;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::audience::fence::Fence;
use crate::campaign::duration;
use crate::cli::command::console::program::Here;
use crate::cli::exit_code::Exit;
use crate::cli::line::args;
use crate::cli::machine;
use crate::cli::platform::runtime;
use crate::cli::problem::Problem;
use crate::cli::random;
use crate::cli::terminal::{Terminal, argument};
use crate::cli::user_state;
use crate::console::place::{Place, url};
use crate::console::{Console, Settings};
use crate::diagnostic::render::display;
use crate::journal::lock::{Holder, LockError};
use crate::page_access::AccessKeys;
use crate::send::shutdown::Signals;

/// Serves the console until it is interrupted or nobody has used it for long; or gives another address of one that is
/// being served.
pub(crate) fn run(args: &args::Console, terminal: &Terminal) -> Result<Exit, Problem> {
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from("."));
    let idle = duration::parse(&args.idle)
        .ok_or_else(|| Problem::new(Exit::Usage, "bad-idle").with("text", &args.idle))?;
    let state = args.state.dir().cloned().or_else(user_state::folder);
    let state = state.ok_or_else(|| Problem::new(Exit::Storage, "no-state-folder"))?;
    let place = Place::of(&state, &folder).map_err(|error| {
        Problem::new(Exit::Usage, "console-folder").with("folder", display(&folder)).because(error)
    })?;
    if args.url {
        return another(&place, &folder, terminal);
    }
    let holder = Holder {
        campaign: display(&folder),
        pid: std::process::id(),
        host: machine::name(),
        since: Timestamp::now(),
        waits_until: None,
    };
    let lock = match place.take(&holder) {
        Ok(lock) => Some(lock),
        Err(LockError::Held(_)) => None,
        Err(LockError::Unreachable(file, error)) => return Err(Problem::cannot_write(&file, error)),
    };
    let fence = Fence::of(&folder);
    let settings = Settings {
        folder,
        place,
        port: args.port,
        idle,
        language: terminal.words.language(),
        keys: AccessKeys { token: random::word()?, session: random::word()? },
        seal: random::word()?,
        read_only: lock.is_none(),
    };
    let program = Arc::new(Here { state_dir: args.state.dir().cloned(), fence });
    runtime()?.block_on(serve(args, settings, program, terminal))
}

async fn serve(
    args: &args::Console,
    settings: Settings,
    program: Arc<Here>,
    terminal: &Terminal,
) -> Result<Exit, Problem> {
    let mut signals = Signals::listen();
    let read_only = settings.read_only;
    let console = Console::start(settings, program)
        .await
        .map_err(|error| Problem::new(Exit::Usage, "console-port").with("port", args.port).because(error))?;
    let url = console.url();
    terminal.data(&format!("{url}\n"));
    terminal.say("console.serving", &[("url", &url)]);
    if read_only {
        terminal.warn("console.second", &[]);
    }
    // Who pipes the address somewhere opens it there.
    if !args.no_open
        && std::io::stdin().is_terminal()
        && let Err(error) = webbrowser::open(&url)
    {
        terminal.warn("preview.no-browser", &[("url", &url), ("reason", &error)]);
    }
    tokio::select! {
        _ = signals.next() => {}
        () = console.idle() => terminal.say("console.idle", &[("idle", &args.idle)]),
    }
    console.stop().await;
    Ok(Exit::Ok)
}

/// Another address for the console that is being served.
fn another(place: &Place, folder: &Path, terminal: &Terminal) -> Result<Exit, Problem> {
    let missing = || {
        Problem::new(Exit::Usage, "no-console")
            .with("folder", display(folder))
            .with("argument", argument(folder))
    };
    let port = place.port().ok_or_else(missing)?;
    let token = random::word()?;
    place.leave_token(&token).map_err(|error| Problem::cannot_write(place.base(), error))?;
    terminal.data(&format!("{}\n", url(port, &token)));
    Ok(Exit::Ok)
}
