//! `wxcast preview`: finished messages.

use crate::cli::args::{self, Format};
use crate::cli::context::{environment, load_sound};
use crate::cli::exit_code::Exit;
use crate::cli::terminal::{Terminal, masks};
use crate::plan::batch::PlannedMessage;
use crate::plan::planner::Inputs;
use crate::plan::replay::Replay;
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
    let single = args.row.is_some() || args.openid.is_some();
    let most = if single { u64::MAX } else { args.pick.or(args.limit).unwrap_or(FIRST) };
    let wanted = |message: &PlannedMessage| {
        args.row.is_none_or(|row| message.row == row)
            && args.openid.as_ref().is_none_or(|openid| message.openid() == openid)
    };
    let mut chosen = Vec::new();
    loop {
        let batch = match replay.next_batch() {
            Ok(Some(batch)) => batch,
            Ok(None) => break,
            Err(_) => return changed(terminal),
        };
        let room = usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(chosen.len());
        chosen.extend(batch.into_messages().filter(wanted).take(room));
        if u64::try_from(chosen.len()).unwrap_or(u64::MAX) >= most {
            break;
        }
    }
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
    terminal.say("next.preview", &[("campaign", &args.campaign.campaign.display())]);
    Exit::Ok
}

fn changed(terminal: &Terminal) -> Exit {
    terminal.complain("changed", &[]);
    Exit::Invalid
}
