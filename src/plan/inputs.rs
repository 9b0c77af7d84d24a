//! What planning needs of a campaign, sound or not.

use crate::campaign::template::Template;
use crate::campaign::{Audience, Campaign};
use crate::message::body::Body;
use crate::message::slot::Slot;
use crate::plan::media::Library;
use crate::plan::renderer::SlotInput;

/// What the planner needs of a campaign.
#[derive(Debug)]
pub struct Inputs<'a> {
    pub(crate) audience: &'a Audience,
    pub(crate) slots: Vec<SlotInput>,
    pub(crate) body: Option<&'a Body>,
    pub(crate) library: &'a Library,
    /// Columns that the results leave out.
    pub(crate) omitted: &'a [String],
}

impl<'a> Inputs<'a> {
    /// A sound campaign and its media files.
    pub fn of_campaign(campaign: &'a Campaign, library: &'a Library) -> Self {
        let slots = campaign.body.slots().iter().zip(&campaign.templates);
        let slots = slots.map(|(slot, template)| input(slot, template)).collect();
        Self {
            audience: &campaign.audience,
            slots,
            body: Some(&campaign.body),
            library,
            omitted: &campaign.results.omit,
        }
    }

    /// As much of a faulty campaign as is sound: nothing is planned, but the audience is looked at.
    pub(crate) fn of_parts(audience: &'a Audience, texts: &[(Slot, Template)], library: &'a Library) -> Self {
        let slots = texts.iter().map(|(slot, template)| input(slot, template)).collect();
        Self { audience, slots, body: None, library, omitted: &[] }
    }
}

fn input(slot: &Slot, template: &Template) -> SlotInput {
    SlotInput { at: slot.at.clone(), rules: slot.rules, template: template.clone(), upload: slot.upload }
}
