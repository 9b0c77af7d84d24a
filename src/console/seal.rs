//! Seals on forms: what a form changes, it says together with a word that only this console can have made for just that
//! change. A page of somebody else cannot make one, and one for another campaign or an earlier plan does not fit.

use sha2::{Digest as _, Sha256};

use crate::console::place::hex;
use crate::page_access::are_equal;

/// What seals are made with.
pub(crate) struct Seal {
    secret: String,
}

impl Seal {
    /// With a word that nobody can guess.
    pub(crate) fn new(secret: String) -> Self {
        Self { secret }
    }

    /// The seal for a change, named part by part.
    pub(crate) fn of(&self, change: &[&str]) -> String {
        let mut named = Sha256::new();
        for part in change {
            named.update(Sha256::digest(part));
        }
        let sealed = Sha256::new().chain_update(self.secret.as_bytes()).chain_update(named.finalize());
        hex(&Sha256::digest(sealed.finalize()))
    }

    /// Whether a seal is that of a change.
    pub(crate) fn fits(&self, change: &[&str], given: &str) -> bool {
        are_equal(&self.of(change), given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_fits_the_change_it_was_made_for_and_no_other() {
        let seal = Seal::new("secret".into());
        let made = seal.of(&["send", "a", "plan:1"]);
        assert!(seal.fits(&["send", "a", "plan:1"], &made));
        for other in [
            &["send", "a", "plan:2"][..],
            &["send", "b", "plan:1"],
            &["stop", "a", "plan:1"],
            &["senda", "", "plan:1"],
        ] {
            assert!(!seal.fits(other, &made), "{other:?}");
        }
        assert!(!Seal::new("other".into()).fits(&["send", "a", "plan:1"], &made));
        assert!(!seal.fits(&["send", "a", "plan:1"], ""));
    }
}
