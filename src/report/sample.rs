//! Finished messages for a report that travels, and what else only a second reading of the audience tells.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use crate::campaign::Campaign;
use crate::locale::Catalog;
use crate::plan::Plan;
use crate::plan::batch::PlannedMessage;
use crate::plan::planner::Inputs;
use crate::plan::replay::{Changed, Replay};
use crate::report::compare::{Changes, Comparison, Earlier};
use crate::report::fingerprint::{self, Fingerprints};
use crate::report::preview;
use crate::report::results_csv::mask;

/// How many messages are shown, spread evenly over the audience.
const SHOWN: u64 = 8;

/// One finished message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SampleReport {
    /// The row, from 1, the header not counted.
    pub row: u64,
    /// The openid, masked unless somebody decided otherwise.
    pub openid: String,
    /// The payload as it is sent, but for `touser`, which is masked likewise.
    pub payload: Json,
    /// The message as a person reads it.
    #[serde(skip)]
    pub text: String,
}

/// What is to be found out.
#[derive(Debug)]
pub struct Wanted {
    /// What a later plan needs to be compared with this one.
    pub messages: bool,
    /// The earlier plan to compare this one with.
    pub earlier: Option<Earlier>,
    /// Whether openids are masked.
    pub masked: bool,
}

/// What a second reading told.
#[derive(Debug)]
pub struct Told {
    /// Some messages.
    pub samples: Vec<SampleReport>,
    /// The fingerprints of all rows, where they are wanted.
    pub messages: Option<Vec<String>>,
    /// What has changed, where there is something to compare with.
    pub changes: Option<Changes>,
}

/// Reads the audience of a planned campaign a second time.
///
/// # Errors
///
/// When it is no longer what was planned.
pub fn read(campaign: &Campaign, plan: &Plan, wanted: Wanted, words: &Catalog) -> Result<Told, Changed> {
    let inputs = Inputs::of_campaign(campaign);
    let mut replay = Replay::open(&inputs, plan)?;
    let fingerprints = Fingerprints::new(campaign);
    let fingerprinted = wanted.messages || wanted.earlier.is_some();
    let mut comparison = wanted.earlier.map(Comparison::new);
    let mut messages = wanted.messages.then(Vec::new);
    let mut samples = Vec::new();
    let every = (plan.counts.planned / SHOWN).max(1);
    let mut index = 0;
    while let Some(batch) = replay.next_batch()? {
        if fingerprinted {
            let rows = fingerprints.of_batch(&batch);
            comparison.iter_mut().for_each(|comparison| comparison.add(&rows));
            messages.iter_mut().for_each(|messages| messages.push(fingerprint::encode(&rows)));
        }
        for message in batch.into_messages() {
            if index % every == 0 && index / every < SHOWN {
                samples.push(sample(&message, campaign, wanted.masked, words));
            }
            index += 1;
        }
    }
    Ok(Told { samples, messages, changes: comparison.map(Comparison::finish) })
}

fn sample(message: &PlannedMessage, campaign: &Campaign, masked: bool, words: &Catalog) -> SampleReport {
    let openid = if masked { mask(message.openid()) } else { message.openid().to_owned() };
    let mut payload: Json = serde_json::from_slice(&message.payload).unwrap_or_default();
    if let Some(touser) = payload.get_mut("touser") {
        *touser = Json::String(openid.clone());
    }
    let text = preview::text(message, campaign.body.kind(), masked, words);
    SampleReport { row: message.row, openid, payload, text }
}
