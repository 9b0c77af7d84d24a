//! What a manifest keeps of each row, so that a later plan can be held against it without the audience.
//!
//! 10 bytes a row. Six tell people apart: the beginning of a sha256 over account, campaign, openid and the number of
//! the message to that person. Four tell texts apart: the beginning of the sha256 of the payload, which holds the
//! openid, so that nobody can try out names against it. From neither does anybody get an openid; whoever already
//! has one can try whether it was in the audience of this campaign, and of no other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::campaign::Campaign;
use crate::plan::batch::{Batch, Verdict};
use crate::plan::digest::{Digest, Running};

/// The bytes of one fingerprint.
pub(crate) const LENGTH: usize = 10;
/// Those of them that tell people apart.
const PERSON: usize = 6;

/// The fingerprint of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; LENGTH]);

impl Fingerprint {
    /// That of a row which is no message, so that the number of a row is the number of its fingerprint.
    pub(crate) const NONE: Self = Self([0; LENGTH]);

    /// Who it is.
    pub(crate) fn person(self) -> u64 {
        self.0[..PERSON].iter().fold(0, |all, byte| all << 8 | u64::from(*byte))
    }

    /// What the text is.
    pub(crate) fn text(self) -> u32 {
        self.0[PERSON..].iter().fold(0, |all, byte| all << 8 | u32::from(*byte))
    }
}

/// Makes the fingerprints of one campaign.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprints {
    /// The hash up to the openid.
    campaign: Running,
}

impl Fingerprints {
    /// For a campaign of an account. Its wave and its text play no part.
    pub(crate) fn new(campaign: &Campaign) -> Self {
        let mut running = Running::default();
        running.add(format!("{}\0{}\0", campaign.account.appid, campaign.id).as_bytes());
        Self { campaign: running }
    }

    /// Those of a batch, row by row.
    pub(crate) fn of_batch(&self, batch: &Batch) -> Vec<Fingerprint> {
        batch.entries().iter().map(|entry| self.of(batch, &entry.verdict)).collect()
    }

    fn of(&self, batch: &Batch, verdict: &Verdict) -> Fingerprint {
        match verdict {
            Verdict::Message { openid, payload, nth } => {
                let mut running = self.campaign.clone();
                running.add(batch.openid(payload, *openid));
                running.add(format!("\0{nth}").as_bytes());
                let mut bytes = [0; LENGTH];
                bytes[..PERSON].copy_from_slice(&running.now().as_bytes()[..PERSON]);
                let digest = Digest::of(&batch.payloads()[payload.clone()]);
                let text = digest.as_bytes();
                bytes[PERSON..].copy_from_slice(&text[..LENGTH - PERSON]);
                Fingerprint(bytes)
            }
            Verdict::Skipped { .. } => Fingerprint::NONE,
        }
    }
}

/// Fingerprints as a manifest writes them.
pub(crate) fn encode(fingerprints: &[Fingerprint]) -> String {
    let bytes: Vec<u8> = fingerprints.iter().flat_map(|fingerprint| fingerprint.0).collect();
    STANDARD.encode(bytes)
}

/// Reads what [`encode`] wrote; gives nothing for any other text.
pub(crate) fn decode(text: &str) -> Option<Vec<Fingerprint>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (rows, rest) = bytes.as_chunks::<LENGTH>();
    rest.is_empty().then(|| rows.iter().map(|row| Fingerprint(*row)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_survive_the_file() {
        let all = [Fingerprint::NONE, Fingerprint([1, 2, 3, 4, 5, 6, 7, 8, 9, 255])];
        assert_eq!(decode(&encode(&all)).as_deref(), Some(&all[..]));
        assert_eq!((all[1].person(), all[1].text()), (0x0102_0304_0506, 0x0708_09ff));
        assert_eq!(decode("AAAA"), None, "not a whole one");
        assert_eq!(decode("no base64"), None);
    }
}
