//! Which messages `preview` shows, on a page or in the terminal.

use crate::campaign::Campaign;
use crate::cli::line::args::{self, MaskOpenid, PreviewFormat};
use crate::plan::Plan;
use crate::plan::inputs::Inputs;
use crate::plan::pass::Changed;
use crate::plan::sample::survey::{Choice, Extent, Survey, survey};
use crate::plan::schedule::outlook::Lookout;

/// How many messages are shown when nobody says.
const MOST: u64 = 8;

/// Finds the messages that are asked for, and for a page reads all of the audience.
pub(crate) fn messages(args: &args::Preview, campaign: &Campaign, plan: &Plan) -> Result<Survey, Changed> {
    let page = args.serve || args.format == PreviewFormat::Html;
    let extent = if page { Extent::Whole } else { Extent::Samples };
    let found = survey(&Inputs::of_campaign(campaign, &plan.library), plan, &choice(args, page), extent)?;
    // Equal files give an equal page: windows count where the campaign itself says when it begins.
    let outlook = match campaign.send.hours.not_before.filter(|_| page) {
        Some(at) => Lookout::of(campaign, plan)?.outlook(at),
        None => None,
    };
    Ok(Survey { outlook, ..found })
}

fn choice(args: &args::Preview, page: bool) -> Choice {
    match (args.row, &args.openid, args.pick, args.limit) {
        (Some(row), _, _, _) => Choice::Row(row),
        (None, Some(openid), _, _) => Choice::Openid(openid.clone()),
        (None, None, Some(pick), _) => Choice::Pick(pick),
        (None, None, None, Some(limit)) => Choice::First(limit),
        (None, None, None, None) if page => Choice::Pick(MOST),
        (None, None, None, None) => Choice::First(MOST),
    }
}

/// A page goes from hand to hand, so that openids are masked in it unless somebody wants them open.
pub(crate) fn masks_page(args: &args::Preview) -> bool {
    args.mask_openid != MaskOpenid::Off
}
