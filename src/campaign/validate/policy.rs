//! `policy.toml`: what holds for every campaign of an account. Its lists, hours and testers become those of the campaign,
//! which can only add to them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize as _;
use toml::de::DeTable;

use crate::audience::lists::{List, Membership};
use crate::audience::wishes::HiddenRows;
use crate::campaign::Testers;
use crate::campaign::file::OneOrMany;
use crate::campaign::hours::Hours;
use crate::campaign::policy::file::{CapsTable, HoursTable, Over, PolicyFile, RefusedTable};
use crate::campaign::policy::within::Within;
use crate::campaign::policy::{Cap, Caps, Pattern, Policy, Refused};
use crate::campaign::schema;
use crate::campaign::validate::Validated;
use crate::campaign::validate::check::Check;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place, PolicyPlace};
use crate::diagnostic::render::Sources;
use crate::diagnostic::value::Value;
use crate::locale::visible::one_line;

/// A policy as it was found: its text, or the fault of one that cannot be read.
#[derive(Debug)]
pub(crate) struct FoundPolicy {
    /// The file as people know it from the campaign's folder.
    pub(crate) name: String,
    /// The file.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) text: Result<String, Diagnostic>,
}

/// What a policy says, in the parts that go their own ways.
struct Parts {
    policy: Policy,
    lists: Vec<List>,
    hours: Option<Hours>,
    testers: Testers,
}

/// Lets policies hold for a campaign, and tells every fault of theirs beside those of the campaign.
pub(crate) fn hold(validated: &mut Validated, found: Vec<FoundPolicy>) {
    for policy in found {
        let FoundPolicy { name, path, text } = policy;
        let (parts, faults) = match text {
            Ok(text) => read(&name, &path, &text),
            Err(fault) => (None, vec![fault]),
        };
        let sound = !faults.iter().any(Diagnostic::is_error);
        validated.faults.extend(faults);
        // Where a policy cannot be understood, nothing is sent.
        match parts.filter(|_| sound) {
            Some(parts) => add(validated, parts),
            None => validated.campaign = None,
        }
    }
    insist_on_hours(validated);
}

fn add(validated: &mut Validated, parts: Parts) {
    let Parts { policy, lists, hours, testers } = parts;
    if let Some(audience) = &mut validated.audience {
        audience.lists = audience.lists.and(lists);
    }
    let Some(campaign) = &mut validated.campaign else { return };
    if let Some(audience) = &validated.audience {
        // The same lists, so that they are read once.
        campaign.audience.lists = audience.lists.clone();
    }
    campaign.send.hours.within.extend(hours);
    let openids = testers.openids.into_iter().map(|openid| (openid, policy.path.clone()));
    campaign.testers.by_policies.openids.extend(openids);
    campaign.testers.files.extend(testers.files);
    if testers.required && !campaign.testers.required {
        campaign.testers.required = true;
        campaign.testers.by_policies.insists = Some(policy.name.clone());
    }
    campaign.policies.push(policy);
}

/// Hours that never come are a mistake of somebody's, and a campaign that waits for them waits for ever.
fn insist_on_hours(validated: &mut Validated) {
    let Some(campaign) = &validated.campaign else { return };
    let hours = &campaign.send.hours;
    if !hours.within.is_empty() && hours.are_never() {
        let names: Vec<&str> = campaign.policies.iter().map(|policy| policy.name.as_str()).collect();
        let fault = Diagnostic::new(Code::HoursNever, Place::Field(FieldPath::of("send.hours")));
        validated.faults.push(fault.with("hours", hours.to_string()).with("policy", names.join(", ")));
        validated.campaign = None;
    }
}

/// Reads the text of a policy file.
fn read(name: &str, path: &Path, text: &str) -> (Option<Parts>, Vec<Diagnostic>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let schema = schema::policy();
    let mut shape = schema::hold(table.get_ref(), &schema);
    let mut secrets = shape.secrets;
    let mut faults: Vec<Diagnostic> = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..text.len().min(1));
            let fault = Diagnostic::new(Code::TomlSyntax, Place::CampaignSpan(span));
            fault.with("reason", Value::reason(error.message()))
        })
        .collect();
    // After a syntax error the rest of the file may be read wrongly.
    let broken = !errors.is_empty();
    if broken {
        secrets.extend(schema::secret_spans(text));
    } else {
        faults.append(&mut shape.faults);
    }
    let misfits = faults.iter().filter_map(|fault| fault.at.field().cloned()).collect();
    let file = PolicyFile::deserialize(toml::Value::Table(shape.fitting))
        .expect("what fits the schema of a type is one: each of its keys may be left out");
    let dir = path.parent().unwrap_or(Path::new(""));
    let (secrets, text) = (Arc::from(secrets), Arc::from(text));
    let place = PolicyPlace { file: path.to_owned(), text, secrets, at: Place::Campaign };
    let mut check = Check { path, dir, faults, misfits, secrets: Vec::new() };
    let parts = if broken { None } else { check.policy(name, path, &file, &place) };
    check.keep_to_limit();
    let mut faults = check.faults;
    for fault in &mut faults {
        let at = std::mem::replace(&mut fault.at, Place::Campaign);
        fault.at = within(&place, at);
    }
    // People mend a file from top to bottom.
    faults.sort_by_cached_key(|fault| {
        let position = Sources::default().position(&fault.at);
        (position.line, position.column)
    });
    (parts, faults)
}

fn within(policy: &PolicyPlace, at: Place) -> Place {
    Place::Policy(Box::new(PolicyPlace { at, ..policy.clone() }))
}

impl Check<'_> {
    fn policy(&mut self, name: &str, path: &Path, file: &PolicyFile, place: &PolicyPlace) -> Option<Parts> {
        // Each is looked at, so that the faults of all are told.
        let hours = self.policy_hours(file.hours.as_ref());
        let caps = file.caps.as_ref().map(|table| self.caps(table));
        let refused = file.exclude.refused.as_ref().map(|table| self.refused(table));
        let lists = self.policy_lists(file.exclude.files.as_deref(), place);
        let testers = self.testers(&file.testers, "openid");
        let mut testers = testers?;
        for list in &mut testers.files {
            let at = std::mem::replace(&mut list.file.at, Place::Campaign);
            list.file.at = within(place, at);
        }
        let (hours, lists) = (hours?, lists?);
        let policy = Policy {
            name: one_line(name).into_owned(),
            path: path.to_owned(),
            zone: hours.zone.clone(),
            caps: caps.map_or(Some(None), |caps| caps.map(Some))?,
            refused: refused.map_or(Some(None), |refused| refused.map(Some))?,
        };
        let hours = Some(hours).filter(Hours::is_limited);
        Some(Parts { policy, lists, hours, testers })
    }

    fn policy_hours(&mut self, table: Option<&HoursTable>) -> Option<Hours> {
        let at = FieldPath::of("hours");
        let none = HoursTable::default();
        let table = table.unwrap_or(&none);
        let zone = self.zone(table.zone.as_deref(), &at.key("zone"));
        let spans = self.spans(table.hours.as_deref(), &at.key("hours"));
        let days = self.days(table.days.as_deref(), &at.key("days"));
        Some(Hours { spans: spans?, days: days?, ..Hours::always(zone?) })
    }

    fn caps(&mut self, table: &CapsTable) -> Option<Caps> {
        let at = FieldPath::of("caps.per_person");
        let given = match &table.per_person {
            None if self.misfits.contains(&at) => return None,
            None => {
                self.push(Diagnostic::new(Code::MissingKey, Place::Field(at.clone())).with("key", at));
                return None;
            }
            Some(OneOrMany::One(cap)) => std::slice::from_ref(cap),
            Some(OneOrMany::Many(caps)) => caps.as_slice(),
        };
        let per_person = self.each(Some(given), &at, "1/1d, 3/7d, 1/12h", Cap::parse);
        let exempt = self.each(
            table.exempt.as_deref(),
            &FieldPath::of("caps.exempt"),
            "order-*, spring-sale-2026",
            Pattern::parse,
        );
        let over = table.over.unwrap_or(Over::Skip);
        Some(Caps { per_person: per_person?, over, exempt: exempt? })
    }

    fn refused(&mut self, table: &RefusedTable) -> Option<Refused> {
        let at = FieldPath::of("exclude.refused");
        let codes = self.present(table.codes.as_ref(), &at.key("codes"));
        if codes.is_some_and(Vec::is_empty) && !self.is_misfit_below(&at.key("codes")) {
            let at = at.key("codes");
            self.push(Diagnostic::new(Code::EmptyList, Place::Field(at.clone())).with("field", at));
            return None;
        }
        let lasts = self.present(table.lasts.as_ref(), &at.key("for"));
        let within = lasts.and_then(|text| {
            let within = Within::parse(text);
            if within.is_none() {
                self.bad(&at.key("for"), text, "90d, 12w, 48h");
            }
            within
        });
        Some(Refused { codes: codes?.clone(), within: within? })
    }

    /// A value that must be there.
    fn present<'t, T>(&mut self, given: Option<&'t T>, at: &FieldPath) -> Option<&'t T> {
        if given.is_none() && !self.is_misfit_below(at) {
            self.push(Diagnostic::new(Code::MissingKey, Place::Field(at.clone())).with("key", at));
        }
        given
    }

    /// The files of people who get nothing. A faulty row in one is a fault whatever the campaign says of faulty rows.
    fn policy_lists(&mut self, names: Option<&[String]>, place: &PolicyPlace) -> Option<Vec<List>> {
        let at = FieldPath::of("exclude.files");
        let mut all = Vec::new();
        for (index, name) in names.unwrap_or(&[]).iter().enumerate() {
            let mut file = self.list_file(name, &at.index(index), "openid", HiddenRows::Include)?;
            file.at = within(place, file.at);
            all.push(List { membership: Membership::Exclude, expects_match: false, file });
        }
        Some(all)
    }
}
