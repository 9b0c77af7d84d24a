//! Until when and how often a person can be written to, by what they did last (docs/platform.md#windows).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::campaign::file::Missing;
use crate::message::AccountKind;

/// How long a message by the person and a payment open.
const LONG: SignedDuration = SignedDuration::from_hours(48);
/// How long everything else opens.
const SHORT: SignedDuration = SignedDuration::from_mins(1);

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// They wrote.
    Message,
    /// They tapped on the menu.
    Menu,
    /// They followed.
    Follow,
    /// They scanned a code.
    Scan,
    /// They entered the chat of a mini program.
    Enter,
    /// They paid.
    Payment,
}

impl Opened {
    /// The words for each, WeChat's own among them, in small letters.
    const WORDS: [(Self, &'static [&'static str]); 6] = [
        (
            Self::Message,
            &[
                "message",
                "text",
                "image",
                "voice",
                "video",
                "shortvideo",
                "location",
                "link",
                "消息",
                "文本",
                "图片",
            ],
        ),
        (Self::Menu, &["menu", "click", "scancode_push", "scancode_waitmsg", "菜单"]),
        (Self::Follow, &["follow", "subscribe", "关注"]),
        (Self::Scan, &["scan", "扫码"]),
        (Self::Enter, &["enter", "user_enter_tempsession", "进入会话"]),
        (Self::Payment, &["pay", "支付"]),
    ];

    /// Reads a word, in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        Self::WORDS.into_iter().find(|(_, words)| words.contains(&text.as_str())).map(|(opened, _)| opened)
    }

    /// Whether it opens so little that it is over before a campaign can reach anybody.
    pub(crate) fn is_short(self) -> bool {
        match self {
            Self::Message | Self::Payment => false,
            Self::Menu | Self::Follow | Self::Scan | Self::Enter => true,
        }
    }
}

/// What a campaign says of windows.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// The column of the last contact's time.
    pub(crate) column: String,
    /// The column of what it was.
    pub(crate) event: Option<String>,
    /// The column of how many messages were sent since by others.
    pub(crate) used: Option<String>,
    /// The zone of times without one.
    pub(crate) zone: TimeZone,
    /// The pattern of the times, where the campaign has one.
    pub(crate) format: Option<String>,
    /// What becomes of people without a time.
    pub(crate) missing: Missing,
    /// How much of a window's end is left alone.
    pub(crate) margin: SignedDuration,
    /// How long a window lasts, where the campaign says so.
    pub(crate) length: Option<SignedDuration>,
    /// How many messages it takes, where the campaign says so.
    pub(crate) messages: Option<u32>,
    /// The kind of account.
    pub(crate) kind: AccountKind,
    /// Whether payments are said to open one.
    pub(crate) pay: bool,
}

impl Window {
    /// How long it lasts after this.
    pub(crate) fn length(&self, opened: Opened) -> SignedDuration {
        if opened.is_short() || opened == Opened::Payment && !self.pays() {
            return SHORT;
        }
        self.length.unwrap_or(LONG)
    }

    /// How many messages it takes after this; nothing where WeChat names no limit.
    pub(crate) fn messages(&self, opened: Opened) -> Option<u32> {
        match (opened, self.kind) {
            (Opened::Payment, _) if self.pays() => None,
            (Opened::Message, _) => Some(self.messages.unwrap_or(5)),
            (Opened::Enter, AccountKind::MiniProgram) => Some(2),
            (Opened::Menu | Opened::Follow | Opened::Scan | Opened::Enter | Opened::Payment, _) => Some(3),
        }
    }

    /// When a person wrote whose message may be begun until `deadline`.
    pub(crate) fn contact(&self, deadline: Timestamp) -> Option<Timestamp> {
        let end = deadline.checked_add(self.margin).ok()?;
        end.checked_sub(self.length(Opened::Message)).ok()
    }

    fn pays(&self) -> bool {
        self.pay && self.kind == AccountKind::Official
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::moment::usual_zone;

    #[test]
    fn events_are_known_by_wechats_words_and_peoples() {
        for (words, opened) in [
            ("text IMAGE 消息", Opened::Message),
            ("CLICK scancode_waitmsg 菜单", Opened::Menu),
            ("subscribe 关注", Opened::Follow),
            ("SCAN 扫码", Opened::Scan),
            ("user_enter_tempsession 进入会话", Opened::Enter),
            ("pay 支付", Opened::Payment),
        ] {
            for word in words.split(' ') {
                assert_eq!(Opened::parse(word), Some(opened), "{word}");
            }
        }
        for word in ["", "VIEW", "unsubscribe", "TEMPLATESENDJOBFINISH"] {
            assert_eq!(Opened::parse(word), None, "{word}");
        }
    }

    #[test]
    fn a_payment_opens_a_window_only_where_the_campaign_says_so() {
        let window = |kind, pay| Window {
            column: "t".into(),
            event: None,
            used: None,
            zone: usual_zone(),
            format: None,
            missing: Missing::Send,
            margin: SignedDuration::from_mins(10),
            length: None,
            messages: None,
            kind,
            pay,
        };
        let paid = window(AccountKind::Official, true);
        assert_eq!((paid.length(Opened::Payment), paid.messages(Opened::Payment)), (LONG, None));
        for other in [window(AccountKind::Official, false), window(AccountKind::MiniProgram, true)] {
            assert_eq!(other.length(Opened::Payment), SHORT);
        }
        assert_eq!((paid.length(Opened::Menu), paid.messages(Opened::Message)), (SHORT, Some(5)));
    }
}
