//! Loads a campaign: the file, the flags and the environment, in the order flag, environment, campaign, default.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::api_base::{ApiBase, ApiBaseError, Hosts};
use crate::audience::fence::{Fence, open_within};
use crate::campaign::validate::policy::hold;
use crate::campaign::validate::{Known, Overrides, Validated, validate};
use crate::campaign::{Campaign, CampaignId, SecretPlace, moment};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::MaskOpenid;
use crate::cli::policies;
use crate::cli::problem::Problem;
use crate::cli::terminal::{is_ci, masks};
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::render::Sources;
use crate::diagnostic::value::Key;
use crate::diagnostic::{Diagnostic, Diagnostics, unread};
use crate::journal::identity::{Channel, Identity};
use crate::message::Kind;
use crate::plan::id::PlanId;
use crate::plan::onlooker::Onlooker;
use crate::plan::ramp::Upward;
use crate::plan::{self, Plan};
use crate::report::earlier::Earlier;
use crate::report::plan::json::Facts;

/// A campaign has a few kilobytes. What parsing one takes is many times its size.
const MOST_BYTES: u64 = 2 << 20;

/// A campaign and its plan, sound or not.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The campaign, where neither it nor its audience has a fault.
    pub(crate) campaign: Option<Campaign>,
    /// The plan.
    pub(crate) plan: Plan,
    /// The files.
    pub(crate) sources: Sources,
    /// What is known of the campaign.
    pub(crate) facts: Facts,
}

/// The overrides that the environment holds.
pub(crate) fn environment() -> Overrides {
    // A wrong address is reported by the commands that use it.
    let base = variable("WXCAST_API_BASE").and_then(|text| ApiBase::parse(&text).ok());
    let destination = base.map(|base| Hosts::from(base).destination());
    Overrides { appid: variable("WXCAST_APPID"), destination, ..Overrides::default() }
}

/// An environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The hosts that environment and campaign name, the environment before the campaign. What the environment names stands alone, so that
/// a simulator never fails over to people's phones.
///
/// # Errors
///
/// What is wrong with the address in WXCAST_API_BASE.
pub(crate) fn chosen_hosts(campaign: &Campaign) -> Result<Hosts, ApiBaseError> {
    chosen(&campaign.account.hosts)
}

/// The same for hosts that need not be a campaign's.
///
/// # Errors
///
/// What is wrong with the address in WXCAST_API_BASE.
pub(crate) fn chosen(hosts: &Hosts) -> Result<Hosts, ApiBaseError> {
    let Some(text) = variable("WXCAST_API_BASE") else { return Ok(hosts.clone()) };
    ApiBase::parse(&text).map(Hosts::from)
}

/// Reads and validates a campaign file, its audience unread.
fn validated(path: &Path, overrides: &Overrides) -> Validated {
    validated_within(None, path, overrides)
}

fn validated_within(fence: Option<&Fence>, path: &Path, overrides: &Overrides) -> Validated {
    let mut validated = match read(fence, path) {
        Ok(text) => validate(path, &text, overrides),
        Err(fault) => return unread(path, fault),
    };
    let policies = policies::find(&validated, path, fence);
    hold(&mut validated, policies);
    validated
}

/// A campaign file that was not read, and why.
fn unread(path: &Path, fault: Diagnostic) -> Validated {
    Validated {
        campaign: None,
        known: Known::default(),
        audience: None,
        texts: Vec::new(),
        faults: vec![fault],
        sources: Sources { campaign: path.to_owned(), ..Sources::default() },
        fence: None,
    }
}

/// Whose messages a campaign's are, and of which kind.
#[derive(Debug)]
pub(crate) struct Whose {
    /// Their identity in the journal.
    pub(crate) identity: Identity,
    /// The campaign's id.
    pub(crate) id: CampaignId,
    /// The message kind, where there is exactly one.
    pub(crate) kind: Option<Kind>,
    /// The zone in which what the campaign did is told.
    pub(crate) zone: TimeZone,
}

/// Whose messages a campaign's are, whatever else may be wrong with its file: what was sent can be told, and a running
/// send be stopped, while somebody edits text or audience.
///
/// # Errors
///
/// The faults of a file that does not even say whose they are.
pub(crate) fn whose(path: &Path) -> Result<Whose, Problem> {
    let validated = validated(path, &environment());
    let Known { id, wave, appid, kind, policy: _, zone } = validated.known.clone();
    let id = id.as_deref().and_then(CampaignId::parse);
    let (Some(id), Some(wave), Some(appid)) = (id, wave, appid) else {
        return Err(faulty(validated));
    };
    let identity = Identity { appid, campaign: id.to_string(), wave, channel: Channel::Send };
    Ok(Whose { identity, id, kind, zone: zone.unwrap_or_else(moment::usual_zone) })
}

/// Reads, validates and plans a campaign.
pub(crate) fn load(path: &Path, overrides: &Overrides) -> Loaded {
    planned(validated(path, overrides), Shown::All, &mut ())
}

/// The same for a campaign that is not trusted: no file is read outside of its repository, or of its folder where
/// there is none.
pub(crate) fn load_fenced(path: &Path, overrides: &Overrides) -> Loaded {
    let fence = Fence::around(path);
    if !fence.holds(path) {
        return planned(unread(path, outside(Place::Campaign, path)), Shown::All, &mut ());
    }
    let validated = validated_within(Some(&fence), path, overrides);
    planned(fenced(validated, fence), Shown::All, &mut ())
}

/// Plans a campaign that was validated.
pub(crate) fn loaded(validated: Validated) -> Loaded {
    planned(validated, Shown::All, &mut ())
}

/// Reads and validates a campaign of a folder that is shown as a whole: what the campaign names is read in that folder alone.
/// The rules that hold for it are read wherever they lie, since nobody in the folder chose them, and so are the lists that
/// these name. `text` stands for the campaign file where it is not written yet.
pub(crate) fn validated_inside(
    fence: &Fence,
    path: &Path,
    text: Option<&str>,
    overrides: &Overrides,
) -> Validated {
    let mut validated = match text.map_or_else(|| read(Some(fence), path), |text| Ok(text.to_owned())) {
        Ok(text) => validate(path, &text, overrides),
        Err(fault) => return unread(path, fault),
    };
    let named = validated.known.policy.as_ref();
    let named = named.map(|name| path.parent().unwrap_or(Path::new("")).join(name));
    if let Some(policy) = named.filter(|policy| !fence.holds(policy)) {
        validated.known.policy = None;
        validated.campaign = None;
        validated.faults.push(outside(Place::Field(FieldPath::of("account.policy")), &policy));
    }
    let policies = policies::find(&validated, path, None);
    hold(&mut validated, policies);
    let of_policies: Vec<PathBuf> = validated
        .audience
        .iter()
        .flat_map(|audience| audience.beside())
        .filter(|file| matches!(file.at, Place::Policy(_)))
        .map(|file| file.source.path.clone())
        .collect();
    let testers = validated.campaign.iter().flat_map(|campaign| &campaign.testers.files);
    let elsewhere = testers
        .filter(|list| !matches!(list.file.at, Place::Policy(_)) && !fence.holds(&list.file.source.path));
    let faults: Vec<_> =
        elsewhere.map(|list| outside(list.file.at.clone(), &list.file.source.path)).collect();
    if !faults.is_empty() {
        validated.faults.extend(faults);
        validated.campaign = None;
    }
    fenced(validated, fence.clone().and(of_policies.iter().map(PathBuf::as_path)))
}

fn outside(at: Place, file: &Path) -> Diagnostic {
    Diagnostic::new(Code::OutsideSandbox, at).with("file", file)
}

/// A campaign whose files are read inside of a fence alone; those outside are faults.
fn fenced(mut validated: Validated, fence: Fence) -> Validated {
    if let Some(audience) = validated.audience.take_if(|audience| !fence.holds(&audience.source.path)) {
        let at = Place::Field(FieldPath::of("audience.file"));
        validated.faults.push(outside(at, &audience.source.path));
        validated.campaign = None;
    }
    if let Some(audience) = &validated.audience {
        let beside = audience.beside().filter(|file| !fence.holds(&file.source.path));
        let faults: Vec<_> = beside.map(|file| outside(file.at.clone(), &file.source.path)).collect();
        if !faults.is_empty() {
            validated.faults.extend(faults);
            validated.audience = None;
            validated.campaign = None;
        }
    }
    // Links can be swapped after this look at them: what is opened is looked at, too.
    if let Some(audience) = &mut validated.audience {
        audience.keep_within(&fence);
    }
    if let (Some(campaign), Some(audience)) = (&mut validated.campaign, &validated.audience) {
        campaign.audience = audience.clone();
    }
    validated.fence = Some(fence);
    validated
}

/// Which diagnostics somebody may see one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// All.
    All,
    /// The errors, with the warnings beside them. Warnings alone are counted.
    Errors,
}

fn planned(validated: Validated, shown: Shown, onlooker: &mut dyn Onlooker) -> Loaded {
    let mut plan = plan::plan_validated(&validated, onlooker);
    // What is only counted needs no place, and finding it takes another reading of the audience.
    if shown == Shown::All || plan.diagnostics.errors() > 0 {
        plan::locate(&validated, &mut plan);
    }
    let facts = facts(&validated, &plan);
    let sources = Sources { sheet: plan.sheet.clone(), ..validated.sources };
    let campaign = validated.campaign.filter(|_| plan.diagnostics.errors() == 0);
    Loaded { campaign, plan, sources, facts }
}

fn read(fence: Option<&Fence>, path: &Path) -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    open_within(fence, path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| unread::reason(path, error))
        .map_err(|error| {
            let unreadable = Diagnostic::new(Code::CampaignUnreadable, Place::Campaign);
            // People who name the folder most likely mean the file that `init` puts there.
            let inside = path.join("campaign.toml");
            if inside.is_file() {
                unreadable.with("reason", Key::new("campaign-is-folder")).with("file", inside)
            } else {
                unreadable.with("reason", error)
            }
        })?;
    if bytes.len() as u64 > MOST_BYTES {
        let too_large = Diagnostic::new(Code::CampaignTooLarge, Place::Campaign);
        return Err(too_large.with("most", MOST_BYTES >> 20));
    }
    // As an .xlsx or an .xls begins.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(Diagnostic::new(Code::CampaignIsWorkbook, Place::Campaign));
    }
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| Diagnostic::new(Code::CampaignNotText, Place::Campaign))?;
    // Windows editors put a byte order mark before the text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn facts(validated: &Validated, plan: &Plan) -> Facts {
    let Known { id, wave, appid, kind, policy: _, zone: _ } = validated.known.clone();
    // Wrong hosts are reported by the commands that use them.
    let hosts = validated.campaign.as_ref().and_then(|campaign| chosen_hosts(campaign).ok());
    let sound = validated.campaign.as_ref().filter(|_| plan.diagnostics.errors() == 0);
    let approved = sound.zip(hosts.as_ref()).map(|(campaign, hosts)| PlanId::of(campaign, hosts, plan));
    let token_command = validated.campaign.as_ref().and_then(|campaign| match &campaign.account.secret {
        SecretPlace::TokenCommand(command) => Some(command.clone()),
        SecretPlace::Environment(_) | SecretPlace::File(_) => None,
    });
    let ramp = validated.campaign.as_ref().and_then(|campaign| campaign.send.ramp.clone());
    let policies = validated.campaign.iter().flat_map(|campaign| &campaign.policies);
    let policies = policies.map(|policy| policy.name.clone()).collect();
    let title = validated.campaign.as_ref().and_then(|campaign| campaign.title.clone());
    // Where there is no campaign, nothing is sent and nothing takes time.
    let forecast = validated
        .campaign
        .as_ref()
        .map_or(0, |campaign| Upward::whole(campaign, plan.counts.planned).seconds(campaign.send.ceiling()));
    Facts {
        campaign: id,
        wave,
        appid,
        title,
        kind: kind.map(|kind| kind.to_string()),
        hosts,
        token_command,
        policies,
        id: approved,
        forecast_seconds: forecast,
        windows: None,
        ramp,
        caps: None,
        breakdown: None,
    }
}

/// A sound campaign with its plan.
///
/// # Errors
///
/// Its faults.
pub(crate) fn load_sound(
    path: &Path,
    overrides: &Overrides,
    mask_openid: MaskOpenid,
) -> Result<(Campaign, Plan), Problem> {
    sound(load(path, overrides), mask_openid)
}

/// [`load_sound`], and what the journal in a folder knows of its messages, counted on the way. `folder` gives that folder; it is
/// not made where it is not there.
///
/// # Errors
///
/// Its faults.
pub(crate) fn load_counted(
    path: &Path,
    overrides: &Overrides,
    mask_openid: MaskOpenid,
    folder: impl FnOnce(&Campaign) -> Option<PathBuf>,
) -> Result<(Campaign, Plan, Option<Earlier>), Problem> {
    let validated = validated(path, overrides);
    let earlier = match &validated.campaign {
        // A journal that cannot be read is reported when it is opened for writing.
        Some(campaign) => folder(campaign).and_then(|folder| Earlier::of(campaign, &folder).ok().flatten()),
        None => None,
    };
    let Some(mut earlier) = earlier else {
        let (campaign, plan) = sound(planned(validated, Shown::Errors, &mut ()), mask_openid)?;
        return Ok((campaign, plan, None));
    };
    let (campaign, plan) = sound(planned(validated, Shown::Errors, &mut earlier), mask_openid)?;
    Ok((campaign, plan, Some(earlier)))
}

/// [`load_sound`] for commands that people let run over what strangers wrote: in CI the campaign is not trusted.
pub(crate) fn load_sound_guarded(
    path: &Path,
    overrides: &Overrides,
    mask_openid: MaskOpenid,
) -> Result<(Campaign, Plan), Problem> {
    if !is_ci() {
        return load_sound(path, overrides, mask_openid);
    }
    let mut loaded = load_fenced(path, overrides);
    loaded.plan.diagnostics.cut_cells();
    sound(loaded, mask_openid)
}

/// The same, with all that is known of it.
///
/// # Errors
///
/// Its faults.
pub(crate) fn load_guarded(
    path: &Path,
    overrides: &Overrides,
    mask_openid: MaskOpenid,
) -> Result<(Campaign, Loaded), Problem> {
    let mut loaded = if is_ci() { load_fenced(path, overrides) } else { load(path, overrides) };
    if is_ci() {
        loaded.plan.diagnostics.cut_cells();
    }
    match loaded.campaign.take() {
        Some(campaign) => Ok((campaign, loaded)),
        None => Err(masked(loaded.plan.diagnostics, loaded.sources, mask_openid)),
    }
}

fn sound(loaded: Loaded, mask_openid: MaskOpenid) -> Result<(Campaign, Plan), Problem> {
    match loaded.campaign {
        Some(campaign) => Ok((campaign, loaded.plan)),
        None => Err(masked(loaded.plan.diagnostics, loaded.sources, mask_openid)),
    }
}

/// A campaign whose file is sound, its audience unread.
///
/// # Errors
///
/// The faults of its file.
pub(crate) fn load_campaign(path: &Path, overrides: &Overrides) -> Result<Campaign, Problem> {
    let mut validated = validated(path, overrides);
    validated.campaign.take().ok_or_else(|| faulty(validated))
}

fn faulty(validated: Validated) -> Problem {
    let mut faults = Diagnostics::default();
    faults.extend(validated.faults);
    masked(faults, validated.sources, MaskOpenid::Auto)
}

fn masked(mut faults: Diagnostics, sources: Sources, mask_openid: MaskOpenid) -> Problem {
    if masks(mask_openid) {
        faults.mask_openids();
    }
    // Whoever would write over what they read has named a wrong file, be it on the command line or not.
    let exit = if faults.counts().contains_key(&Code::SameFile) { Exit::Usage } else { Exit::Invalid };
    Problem::faults(faults, sources).exits(exit)
}
