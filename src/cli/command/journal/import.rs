//! `wxcast journal import`: what an export knows, taken into the account's journal.

use crate::api_base::Destination;
use crate::campaign::CampaignId;
use crate::cli::campaign_lock::lock_id;
use crate::cli::command::journal::import_problem;
use crate::cli::context::variable;
use crate::cli::exit_code::Exit;
use crate::cli::line::journal_args;
use crate::cli::machine::Machine;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::cli::user_state::AccountFolder;
use crate::journal::Identity;
use crate::journal::identity::Channel;
use crate::journal::portable::{Export, ImportError};
use crate::journal::store::Store;
use crate::locale::visible::one_line;

pub(crate) fn run(args: &journal_args::Import, terminal: &Terminal) -> Result<Exit, Problem> {
    let problem = |error: ImportError| import_problem(error, &args.file);
    let mut export = Export::open(&args.file).map_err(problem)?;
    let header = export.header().clone();
    let meant = args.appid.clone().or_else(|| variable("WXCAST_APPID"));
    if let Some(meant) = meant.filter(|meant| *meant != header.appid) {
        let other = Problem::new(Exit::Gate, "import-account");
        return Err(other.with("found", header.appid).with("expected", meant));
    }
    let damaged = || problem(ImportError::Damaged(1));
    let destination = Destination::parse(&header.destination).ok_or_else(damaged)?;
    let id = CampaignId::parse(&header.campaign).ok_or_else(damaged)?;
    let state = AccountFolder::insist(&header.appid, args.state.dir())?.make(destination)?;
    let _lock = lock_id(&id, &state, terminal)?;
    let mut store = Store::open(&state)?;
    let imported = store.take_export(&mut export).map_err(problem)?;
    terminal.say(
        "journal.imported",
        &[
            ("campaign", &header.campaign),
            ("appid", &one_line(&header.appid)),
            ("computer", &one_line(&header.computer)),
            ("at", &header.exported),
            ("count", &imported.told),
            ("news", &imported.news),
        ],
    );
    if imported.undone > 0 {
        terminal.say("journal.import-undone", &[("count", &imported.undone)]);
    }
    // What that computer knows was brought here: from now on it is this one that sends.
    let whose = Identity { appid: header.appid, campaign: header.campaign, wave: 1, channel: Channel::Send };
    for wave in store.waves(&whose)? {
        if store.computer(wave)?.is_some_and(|there| there == header.computer) {
            store.note_computer(wave, &Machine::here().to_string())?;
        }
    }
    if imported.missing > 0 {
        terminal.say("journal.import-missing", &[("count", &imported.missing)]);
    }
    Ok(Exit::Ok)
}
