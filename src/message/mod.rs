//! What can be sent: one kind, one file; this is the only file that lists them.
//!
//! A kind is a struct that mirrors WeChat's JSON for it one to one (docs/platform.md#the-kinds). Its
//! [`Message::compile`] writes that object into a [`Draft`], field by field, each with its rules. The draft
//! becomes a [`Body`](body::Body): JSON with open slots for texts that differ between recipients.

pub(crate) mod account_kind;
pub(crate) mod appid;
pub(crate) mod kinds;
mod address;
pub(crate) mod body;
pub(crate) mod bytes;
pub(crate) mod draft;
pub(crate) mod field;
pub(crate) mod links;
pub(crate) mod media;
pub(crate) mod problem;
pub(crate) mod slot;

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::message::draft::Draft;

pub use crate::message::account_kind::AccountKind;

/// What every message kind can do.
pub(crate) trait Message {
    /// The kinds of account that may send it (docs/platform.md#kinds-and-accounts).
    fn accounts(&self) -> &'static [AccountKind];

    /// Writes the kind's object into the draft, field by field in WeChat's order; faults go into the draft
    /// too, so that all of them are found.
    fn compile(&self, account: AccountKind, draft: &mut Draft);
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident => $module:ident, $name:literal;)+) => {
        /// A message kind, WeChat's `msgtype`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $variant,)+
        }

        /// Every kind, in the order of this file.
        pub const KINDS: &[Kind] = &[$(Kind::$variant,)+];

        impl Kind {
            /// The name as WeChat's `msgtype` and as the campaign's table `[message.<name>]`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$variant => $name,)+
                }
            }

            /// The wire schema of its request, written by hand from WeChat's page: what the simulator judges by.
            pub fn wire_schema(self) -> &'static str {
                match self {
                    $(Kind::$variant => include_str!(concat!("../../schemas/wire/", $name, ".json")),)+
                }
            }
        }

        impl Kind {
            /// Its example, which `init` starts from: the campaign file and the bytes of its audience.
            pub fn example(self) -> (&'static str, &'static [u8]) {
                match self {
                    $(Kind::$variant => (
                        include_str!(concat!("../../campaigns/", $name, "/campaign.toml")),
                        include_bytes!(concat!("../../campaigns/", $name, "/audience.csv")),
                    ),)+
                }
            }
        }

        /// The message: exactly one table, whose name is the kind. Every string in it is a Handlebars template.
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(inline, extend("minProperties" = 1, "maxProperties" = 1))]
        pub(crate) struct MessageFile {
            $($(#[$doc])* pub(crate) $module: Option<kinds::$module::$variant>,)+
        }

        impl MessageFile {
            /// The tables that are there, by kind.
            pub(crate) fn tables(&self) -> Vec<(Kind, &dyn Message)> {
                let mut tables: Vec<(Kind, &dyn Message)> = Vec::new();
                $(if let Some(message) = &self.$module {
                    tables.push((Kind::$variant, message));
                })+
                tables
            }
        }
    };
}

kinds! {
    /// A text, with links and line breaks (文本消息).
    Text => text, "text";
    /// A picture (图片消息).
    Image => image, "image";
    /// A voice recording (语音消息).
    Voice => voice, "voice";
    /// A video (视频消息).
    Video => video, "video";
    /// A piece of music with a cover (音乐消息).
    Music => music, "music";
    /// A card that opens an external link (图文消息，点击跳转到外链).
    News => news, "news";
    /// A card that opens an article of the account by its media id; WeChat is retiring it (图文消息).
    Mpnews => mpnews, "mpnews";
    /// A card that opens a published article of the account (图文消息，已发布的文章).
    Mpnewsarticle => mpnewsarticle, "mpnewsarticle";
    /// A question with answers to tap (菜单消息).
    Msgmenu => msgmenu, "msgmenu";
    /// A coupon card (卡券).
    Wxcard => wxcard, "wxcard";
    /// A mini program card (小程序卡片).
    Miniprogrampage => miniprogrampage, "miniprogrampage";
    /// A link card; mini programs only (图文链接).
    Link => link, "link";
}

impl Kind {
    /// Finds a kind by its name.
    pub fn find(name: &str) -> Option<Self> {
        KINDS.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
