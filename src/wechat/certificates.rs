//! More certificates to trust than those of this machine.

use std::io;
use std::path::PathBuf;

use reqwest::Certificate;

use crate::own_file;
use crate::own_reason::OwnReason;
use crate::wechat::proxy::QUOTES;

/// The variable that names a file with more certificates to trust, such as those of a company's proxy.
pub(crate) const CERTIFICATES: &str = "SSL_CERT_FILE";
/// All authorities of a system together are a few hundred kilobytes.
const MOST_CERTIFICATES: u64 = 16 << 20;

/// The file that SSL_CERT_FILE names is of no use.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", file.display())]
pub struct CertificateFault {
    /// The file.
    pub(crate) file: PathBuf,
    /// What is wrong with it.
    pub(crate) reason: io::Error,
}

/// The certificates of the file that SSL_CERT_FILE names, on every system alike.
///
/// # Errors
///
/// When they cannot be used.
pub(crate) fn more_certificates() -> Result<Vec<Certificate>, CertificateFault> {
    let Some(file) = std::env::var_os(CERTIFICATES).filter(|file| !file.is_empty()).map(PathBuf::from) else {
        return Ok(Vec::new());
    };
    let certificates = own_file::read_through(&file, MOST_CERTIFICATES).and_then(|pem| {
        // Windows editors put a byte order mark before the text.
        let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&pem);
        Certificate::from_pem_bundle(pem).map_err(io::Error::other)
    });
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(CertificateFault { file, reason: OwnReason::NoPem.into() }),
        // A file name in quotes or with a line end is found by nobody, and the cause says more than "not found".
        Err(reason) => {
            let name = file.to_string_lossy();
            let reason = if name.starts_with(QUOTES) || name.ends_with(QUOTES) {
                OwnReason::InQuotes.into()
            } else if name.trim() != name {
                OwnReason::BlanksAround.into()
            } else {
                reason
            };
            Err(CertificateFault { file, reason })
        }
    }
}
