//! Who stands in the list of a campaign, as sixteen bytes a person.

use std::collections::HashSet;

use crate::audience::reader::Reader;
use crate::audience::row::Row;
use crate::campaign::Campaign;
use crate::journal::identity::Naming;

/// Everybody on the list, each by what stands for them; nobody where it cannot be read, which is told elsewhere.
pub(super) fn people(campaign: &Campaign, naming: &Naming) -> HashSet<[u64; 2]> {
    let audience = &campaign.audience;
    let mut people = HashSet::new();
    let Ok((mut reader, _)) = Reader::begin(&audience.source) else { return people };
    let Some(openid) = reader.header().position(&audience.openid_column) else { return people };
    let mut row = Row::default();
    while let Ok(Some(_)) = reader.read(&mut row) {
        let cell = row.record().get(openid).map_or("".into(), String::from_utf8_lossy);
        if !cell.is_empty() {
            people.insert(naming.message(&cell, 1));
        }
    }
    people
}
