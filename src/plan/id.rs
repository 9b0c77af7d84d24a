//! The plan id: what somebody approves. Two plans of one id reach the same people of the same account, through the
//! same hosts, with the same texts.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::api_base::Hosts;
use crate::campaign::{Campaign, SecretPlace};
use crate::plan::Plan;
use crate::plan::digest::{Digest, Running};

/// A plan id; written as `plan:` and 64 hexadecimal digits.
///
/// The digest alone says which texts go to whom. It does not say by which account, under which id and wave, or to
/// which host, so a digest that was agreed for one wave would fit the next. Neither a clock nor a journal is part of
/// it: equal files give an equal id on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanId(Digest);

/// A text that is no plan id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a plan id: plan: and 64 hexadecimal digits")]
pub struct PlanIdError;

impl PlanId {
    /// The id of a campaign's plan, when its requests go to `hosts`.
    pub(crate) fn of(campaign: &Campaign, hosts: &Hosts, plan: &Plan) -> Self {
        let mut parts = Parts(Running::default());
        parts.add(&campaign.account.appid);
        parts.add(campaign.account.kind.name());
        parts.add(&campaign.id.to_string());
        parts.add(&campaign.wave.to_string());
        for host in hosts.all() {
            parts.add(&host.to_string());
        }
        parts.add(&token_source(campaign));
        parts.add(&plan.digest.to_string());
        for (why, count) in plan.counts.by_reason() {
            parts.add(&format!("{} {count}", why.name()));
        }
        Self(parts.0.now())
    }
}

/// Texts that are hashed one after another, each with its length, so that no two lists of texts are one.
struct Parts(Running);

impl Parts {
    fn add(&mut self, text: &str) {
        self.0.add(&u64::try_from(text.len()).expect("a length fits 64 bits").to_le_bytes());
        self.0.add(text.as_bytes());
    }
}

/// Where tokens come from, as the campaign names it: a file by its name below the campaign's folder, so that the id
/// does not depend on where that folder lies.
fn token_source(campaign: &Campaign) -> String {
    match &campaign.account.secret {
        SecretPlace::TokenCommand(command) => format!("command {}", command.join("\0")),
        SecretPlace::Environment(name) => format!("variable {name}"),
        SecretPlace::File(path) => {
            let folder = campaign.path.parent().unwrap_or(Path::new(""));
            let inside = path.strip_prefix(folder).unwrap_or(path);
            let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            format!("file {}", parts.join("/"))
        }
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plan:")?;
        self.0.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for PlanId {
    type Err = PlanIdError;

    fn from_str(text: &str) -> Result<Self, PlanIdError> {
        // A digest may be written with a word of its own in front, which has no place here.
        let hex = text.strip_prefix("plan:").filter(|hex| !hex.contains(':')).ok_or(PlanIdError)?;
        hex.parse().map(Self).map_err(|_| PlanIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_and_read_back_and_a_digest_is_none() {
        let id = PlanId(Digest::of(b""));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(Digest::of(b"").to_string().parse::<PlanId>(), Err(PlanIdError));
        assert_eq!(format!("plan:{}", Digest::of(b"")).parse::<PlanId>(), Err(PlanIdError));
    }

    #[test]
    fn texts_cannot_be_cut_at_another_place() {
        let id = |texts: &[&str]| {
            let mut parts = Parts(Running::default());
            texts.iter().for_each(|text| parts.add(text));
            parts.0.now()
        };
        assert_ne!(id(&["spring", "1"]), id(&["spring1", ""]));
        assert_ne!(id(&["spring", "1"]), id(&["sprin", "g1"]));
    }
}
