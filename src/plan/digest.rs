//! The digest: sha256 over the finished payloads, one after another, in the order of the audience.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// A finished digest; written as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

/// A digest in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Sha256);

/// A text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: sha256: and 64 hexadecimal digits")]
pub struct DigestError;

impl Running {
    /// Takes payloads in, which may be several one after another.
    pub(crate) fn add(&mut self, payloads: &[u8]) {
        self.0.update(payloads);
    }

    /// The digest of everything so far.
    pub(crate) fn now(&self) -> Digest {
        Digest(self.0.clone().finalize().into())
    }
}

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DigestError);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).map_err(|_| DigestError)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_and_read_back() {
        let digest = Digest::of(b"");
        assert_eq!(
            digest.to_string(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("sha256:zz".parse::<Digest>(), Err(DigestError));
    }

    #[test]
    fn payloads_may_be_added_in_any_portions() {
        let mut running = Running::default();
        running.add(b"ab");
        let between = running.now();
        running.add(b"c");
        assert_eq!((between, running.now()), (Digest::of(b"ab"), Digest::of(b"abc")));
    }
}
