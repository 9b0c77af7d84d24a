//! Who speaks: an Official Account or a mini program.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of account a campaign speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// An Official Account (公众号 or 服务号).
    #[default]
    Official,
    /// A mini program (小程序).
    MiniProgram,
}

impl AccountKind {
    /// The word in campaign files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::MiniProgram => "mini-program",
        }
    }
}
