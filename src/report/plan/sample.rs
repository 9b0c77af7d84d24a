//! Finished messages for a report that travels, and what else only a second reading of the audience tells.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use crate::campaign::Campaign;
use crate::locale::Catalog;
use crate::locale::mask::mask;
use crate::plan::Plan;
use crate::plan::batch::Batch;
use crate::plan::inputs::Inputs;
use crate::plan::pass::{Changed, Pass};
use crate::plan::sample::chosen::Sample;
use crate::plan::sample::survey::{Choice, Extent, survey};
use crate::report::plan::compare::{Changes, Comparison, Earlier};
use crate::report::plan::fingerprint::{self, Fingerprints};
use crate::report::preview;

/// How many messages are shown.
const SHOWN: u64 = 8;

/// One finished message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SampleReport {
    /// The row, from 1, the header not counted.
    pub row: u64,
    /// The openid, masked unless somebody decided otherwise.
    pub openid: String,
    /// The payload as it is sent, but for the openid, which is masked likewise wherever it stands.
    pub payload: Json,
    /// The message as a person reads it.
    #[serde(skip)]
    pub text: String,
}

/// What is to be found out.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Some messages.
    pub(crate) samples: bool,
    /// What a later plan needs to be compared with this one.
    pub(crate) messages: bool,
    /// The earlier plan to compare this one with.
    pub(crate) earlier: Option<Earlier>,
    /// Whether openids are masked.
    pub(crate) masked: bool,
}

/// What a second reading told.
#[derive(Debug)]
pub(crate) struct SecondReading {
    /// Those worth looking at, where they are wanted.
    pub(crate) samples: Option<Vec<SampleReport>>,
    /// The fingerprints of all rows, where they are wanted.
    pub(crate) messages: Option<Vec<String>>,
    /// What has changed, where there is something to compare with.
    pub(crate) changes: Option<Changes>,
}

/// Reads the audience of a planned campaign again.
///
/// # Errors
///
/// When it is no longer what was planned.
pub(crate) fn read(
    campaign: &Campaign,
    plan: &Plan,
    wanted: Wanted,
    words: &Catalog,
) -> Result<SecondReading, Changed> {
    let inputs = Inputs::of_campaign(campaign, &plan.library);
    let mut told = SecondReading { samples: None, messages: wanted.messages.then(Vec::new), changes: None };
    if wanted.samples {
        let found = survey(&inputs, plan, &Choice::Pick(SHOWN), Extent::Samples)?;
        let shown = found.samples.iter().map(|found| sample(found, campaign, wanted.masked, words));
        told.samples = Some(shown.collect());
    }
    if wanted.messages || wanted.earlier.is_some() {
        let mut pass = Pass::open(&inputs, plan)?;
        let fingerprints = Fingerprints::new(campaign);
        let mut comparison = wanted.earlier.map(Comparison::new);
        let mut batch = Batch::default();
        while pass.next(&mut batch)? {
            let rows = fingerprints.of_batch(&batch);
            comparison.iter_mut().for_each(|comparison| comparison.add(&rows));
            told.messages.iter_mut().for_each(|messages| messages.push(fingerprint::encode(&rows)));
        }
        told.changes = comparison.map(Comparison::finish);
    }
    Ok(told)
}

fn sample(found: &Sample, campaign: &Campaign, masked: bool, words: &Catalog) -> SampleReport {
    let message = &found.message;
    let openid = if masked { mask(message.openid()) } else { message.openid().to_owned() };
    let payload = String::from_utf8_lossy(&message.payload);
    let payload = if masked { found.people.hidden_in(&payload) } else { payload.into_owned() };
    let mut payload: Json = serde_json::from_str(&payload).expect("a planned payload is JSON");
    if let Some(touser) = payload.get_mut("touser") {
        *touser = Json::String(openid.clone());
    }
    let text = preview::text(found, &[], campaign.body.kind(), masked, words);
    SampleReport { row: message.row, openid, payload, text }
}
