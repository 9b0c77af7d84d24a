//! `wxcast preview`: finished messages.

use crate::cli::args::{self, Format};
use crate::cli::context::{environment, load_sound};
use crate::cli::exit_code::Exit;
use crate::cli::terminal::{Terminal, masks};
use crate::plan::batch::PlannedMessage;
use crate::plan::planner::Inputs;
use crate::plan::replay::{Changed, Replay};
use crate::report::{preview, write_file};

/// How many messages are shown when nobody says.
const FIRST: u64 = 8;

/// Shows messages.
pub fn run(args: &args::Preview, terminal: &Terminal) -> Exit {
    let (campaign, plan) = match load_sound(&args.campaign.campaign, &environment(), terminal) {
        Ok(sound) => sound,
        Err(exit) => return exit,
    };
    let inputs = Inputs::of_campaign(&campaign);
    let Ok(mut replay) = Replay::open(&inputs, &plan) else { return changed(terminal) };
    let choice = Choice::of(args, plan.counts.planned);
    let Ok(chosen) = choose(&mut replay, &choice) else { return changed(terminal) };
    let single = args.row.is_some() || args.openid.is_some();
    if chosen.is_empty() && single {
        terminal.complain("no-such-recipient", &[]);
        return Exit::Usage;
    }
    let masked = masks(args.mask_openid);
    let text = match args.format {
        Format::Json => {
            let messages: Vec<_> = chosen.iter().filter_map(preview::json).collect();
            serde_json::to_string_pretty(&messages).unwrap_or_default() + "\n"
        }
        Format::Human => {
            let kind = campaign.body.kind();
            let shown = chosen.iter().map(|message| preview::text(message, kind, masked, &terminal.words));
            shown.collect::<Vec<_>>().join("\n")
        }
    };
    match &args.output {
        None => terminal.data(&text),
        Some(path) => {
            if let Err(error) = write_file(path, |out| out.write_all(text.as_bytes())) {
                terminal.complain("cannot-write", &[("file", &path.display()), ("reason", &error)]);
                return Exit::Storage;
            }
        }
    }
    terminal.next("preview", &args.campaign.campaign);
    Exit::Ok
}

/// Which messages are shown.
enum Choice {
    /// The one of a row.
    Row(u64),
    /// Those to a person.
    Openid(String),
    /// So many from the beginning.
    First(usize),
    /// So many, spread evenly over the audience: every so manyth.
    Spread { most: usize, every: u64 },
}

impl Choice {
    fn of(args: &args::Preview, planned: u64) -> Self {
        let whole = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        match (args.row, &args.openid, args.pick) {
            (Some(row), _, _) => Self::Row(row),
            (None, Some(openid), _) => Self::Openid(openid.clone()),
            (None, None, Some(pick)) => {
                Self::Spread { most: whole(pick), every: (planned / pick.max(1)).max(1) }
            }
            (None, None, None) => Self::First(whole(args.limit.unwrap_or(FIRST))),
        }
    }

    fn takes(&self, message: &PlannedMessage, index: u64) -> bool {
        match self {
            Self::Row(row) => message.row == *row,
            Self::Openid(openid) => message.openid() == openid,
            Self::First(_) => true,
            Self::Spread { every, .. } => index.is_multiple_of(*every),
        }
    }

    fn most(&self) -> usize {
        match self {
            Self::Row(_) | Self::Openid(_) => usize::MAX,
            Self::First(most) | Self::Spread { most, .. } => *most,
        }
    }
}

fn choose(replay: &mut Replay<'_>, choice: &Choice) -> Result<Vec<PlannedMessage>, Changed> {
    let mut chosen = Vec::new();
    let mut index = 0;
    while let Some(batch) = replay.next_batch()? {
        for message in batch.into_messages() {
            if chosen.len() < choice.most() && choice.takes(&message, index) {
                chosen.push(message);
            }
            index += 1;
        }
        if chosen.len() >= choice.most() {
            break;
        }
    }
    Ok(chosen)
}

fn changed(terminal: &Terminal) -> Exit {
    terminal.complain("changed", &[]);
    Exit::Invalid
}
