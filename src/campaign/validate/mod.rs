//! From the campaign file to a [`Campaign`], or every fault at once.

mod account;
mod audience;
mod check;
mod hosts;
mod hours;
mod joins;
mod lists;
mod message;
mod notify;
mod overrides;
pub(crate) mod policy;
mod ramp;
mod results;
mod secret;
mod send;
mod testers;
mod window;

use std::path::Path;

use jiff::tz::TimeZone;
use serde::Deserialize as _;
use toml::de::DeTable;

use crate::audience::fence::Fence;
use crate::campaign::file::CampaignFile;
use crate::campaign::results_name::snapshot;
use crate::campaign::template::Template;
use crate::campaign::validate::account::appid_of;
use crate::campaign::validate::check::Check;
pub use crate::campaign::validate::overrides::Overrides;
use crate::campaign::validate::results::default_results;
use crate::campaign::{Audience, Campaign, CampaignId, moment, schema};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};
use crate::diagnostic::render::Sources;
use crate::diagnostic::value::{Key, Value};
use crate::locale::visible::one_line;
use crate::message::slot::Slot;
use crate::message::{AccountKind, Kind};

/// What a campaign file says of itself, sound or not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Its id, where it is one.
    pub(crate) id: Option<String>,
    /// Which time it is sent.
    pub(crate) wave: Option<u32>,
    /// The account.
    pub(crate) appid: Option<String>,
    /// The message kind, where there is exactly one.
    pub(crate) kind: Option<Kind>,
    /// The policy that it names.
    pub(crate) policy: Option<String>,
    /// The zone of its times, where it names none that is unknown.
    pub(crate) zone: Option<TimeZone>,
}

impl Known {
    fn of(file: &CampaignFile, overrides: &Overrides) -> Self {
        let tables = file.message.tables();
        Self {
            id: file.campaign.id.clone().filter(|id| CampaignId::parse(id).is_some()),
            wave: Some(file.campaign.wave.unwrap_or(1)),
            appid: appid_of(overrides, &file.account),
            zone: file.send.zone.as_deref().map_or_else(|| Some(moment::usual_zone()), moment::zone),
            policy: file.account.policy.clone().filter(|policy| !policy.trim().is_empty()),
            kind: match tables.as_slice() {
                [(kind, _)] => Some(*kind),
                _ => None,
            },
        }
    }
}

/// What a campaign file gave: the campaign where it is sound, as much of it as is needed to go on looking for
/// faults where it is not, and every fault.
#[derive(Debug)]
pub struct Validated {
    /// The campaign, where nothing forbids it.
    pub campaign: Option<Campaign>,
    /// What it says of itself; nothing where it is no TOML.
    pub(crate) known: Known,
    /// The audience and the templates, so far as they are sound, so that the audience is judged in the same run.
    pub(crate) audience: Option<Audience>,
    /// The texts of the message with as much of their templates as is sound.
    pub(crate) texts: Vec<(Slot, Template)>,
    /// Every fault, in the order of the file's tables.
    pub faults: Vec<Diagnostic>,
    /// The files that places point into.
    pub(crate) sources: Sources,
    /// What may be read of the files that the campaign names, where that is not everything.
    pub(crate) fence: Option<Fence>,
}

/// Parses and validates the text of the campaign file at `path`.
pub fn validate(path: &Path, text: &str, overrides: &Overrides) -> Validated {
    let (table, errors) = DeTable::parse_recoverable(text);
    let schema = schema::schema();
    let mut shape = schema::hold(table.get_ref(), &schema);
    let mut faults: Vec<Diagnostic> = errors.iter().map(|error| syntax(text, error)).collect();
    // After a syntax error the rest of the file may be read wrongly; what the walk finds there would mislead.
    if faults.is_empty() {
        faults.append(&mut shape.faults);
    }
    let mut broken = !errors.is_empty();
    if broken {
        shape.secrets.extend(schema::secret_spans(text));
    }
    let file = CampaignFile::deserialize(toml::Value::Table(shape.fitting)).unwrap_or_else(|error| {
        // An empty campaign would be judged in its place, and its faults are not those of the file.
        if faults.is_empty() {
            let fault = Diagnostic::new(Code::TomlSyntax, Place::Campaign);
            faults.push(fault.with("reason", Value::reason(error.message())));
        }
        broken = true;
        CampaignFile::default()
    });
    let mut check = Check {
        path,
        dir: path.parent().unwrap_or(Path::new("")),
        faults,
        misfits: Vec::new(),
        secrets: Vec::new(),
    };
    check.misfits = check.faults.iter().filter_map(|fault| fault.at.field().cloned()).collect();
    let mut validated = if broken { None } else { Some(check.file(path, &file, overrides)) };
    let mut sources = Sources {
        campaign: path.to_owned(),
        campaign_text: text.to_owned(),
        secrets: shape.secrets,
        audience: audience_file(&file).map(|file| check.dir.join(file)),
        sheet: None,
        ..Sources::default()
    };
    check.secrets.iter().for_each(|at| sources.hide(at));
    let sound = !check.faults.iter().any(Diagnostic::is_error);
    let campaign = validated.as_mut().and_then(|parts| parts.campaign.take()).filter(|_| sound);
    // Nothing is looked for in a file that is no TOML.
    let (audience, texts) = validated.map_or((None, Vec::new()), |parts| (parts.audience, parts.texts));
    check.keep_to_limit();
    // People mend a file from top to bottom.
    check.faults.sort_by_cached_key(|fault| {
        let position = sources.position(&fault.at);
        (position.line, position.column)
    });
    let known = if broken { Known::default() } else { Known::of(&file, overrides) };
    Validated { campaign, known, audience, texts, faults: check.faults, sources, fence: None }
}

/// The file of the audience, sound or not: the one that is named, or the one that a program's output is kept in.
fn audience_file(file: &CampaignFile) -> Option<String> {
    let id = || file.campaign.id.as_deref().and_then(CampaignId::parse);
    let kept = || file.audience.command.as_ref().and_then(|_| id()).map(|id| snapshot(&id));
    file.audience.file.clone().or_else(kept)
}

fn syntax(text: &str, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..text.len().min(1));
    Diagnostic::new(Code::TomlSyntax, Place::CampaignSpan(span))
        .with("reason", Value::reason(error.message()))
}

#[derive(Default)]
struct Parts {
    campaign: Option<Campaign>,
    audience: Option<Audience>,
    texts: Vec<(Slot, Template)>,
}

impl Check<'_> {
    fn file(&mut self, path: &Path, file: &CampaignFile, overrides: &Overrides) -> Parts {
        let id = self.id(file);
        let account = self.account(&file.account, overrides);
        let kind = file.account.kind.unwrap_or(AccountKind::Official);
        let audience = self.audience(&file.audience, id.as_ref(), kind);
        let message = self.message(&file.message, &file.account);
        let has_window = file.audience.window.is_some();
        let send = self.send(&file.send, overrides, has_window);
        let wave = file.campaign.wave.unwrap_or(1);
        let destination =
            overrides.destination.or(account.as_ref().map(|account| account.hosts.destination()));
        let name = id.as_ref().map(|id| default_results(id, wave));
        let results = self.results(&file.results, audience.as_ref(), name, destination, overrides);
        let notify = match &file.notify {
            None => Some(None),
            Some(table) => self.notify(table).map(Some),
        };
        let openid = audience.as_ref().map_or("openid", |audience| audience.openid_column.as_str());
        let testers = self.testers(&file.testers, openid);
        let mut parts = Parts { audience: audience.clone(), ..Parts::default() };
        parts.texts = message.texts;
        parts.campaign = (|| {
            Some(Campaign {
                path: path.to_owned(),
                id: id?,
                title: file.campaign.title.as_deref().map(|title| one_line(title).into_owned()),
                wave,
                account: account?,
                audience: audience?,
                body: message.body?,
                templates: message.templates?,
                send: send?,
                results: results?,
                notify: notify?,
                testers: testers?,
                policies: Vec::new(),
            })
        })();
        parts
    }

    fn id(&mut self, file: &CampaignFile) -> Option<CampaignId> {
        let at = FieldPath::of("campaign.id");
        let text = self.required(file.campaign.id.as_ref(), &at)?;
        let id = CampaignId::parse(text);
        if id.is_none() {
            self.push(
                Diagnostic::new(Code::BadValue, Place::Field(at.clone()))
                    .with("field", &at)
                    .with("value", text)
                    .with("expected", Key::new("campaign-id-form")),
            );
        }
        id
    }
}
