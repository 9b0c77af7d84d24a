//! Whether the platform would take a message: its form by the hand-written wire schemas, then the rules that
//! a schema cannot say (docs/platform.md#sending).

use std::io;

use serde_json::Value;

use crate::message::{AccountKind, KINDS, Kind};
use crate::simulator::escape;
use crate::simulator::wire_schema::{Breach, Rule, WireSchema};

/// The most bytes of UTF-8 in a text (docs/platform.md#text-length).
const TEXT_BYTES: usize = 2048;

/// Types that other messages of the platform have, and custom messages have not (docs/platform.md#around-the-message).
const FOREIGN_TYPES: &[&str] = &[
    "file",
    "textcard",
    "markdown",
    "taskcard",
    "miniprogram_notice",
    "location",
    "ca_link",
    "mpvideo",
    "transfer_customer_service",
];

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The errcode of the answer.
    pub(crate) code: i64,
    /// What exactly is wrong and where; for the ledger, the platform never says it.
    pub(crate) why: String,
}

impl Refusal {
    pub(crate) fn new(code: i64, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }
}

/// The judge of one kind of account. Its schemas are read once.
#[derive(Debug)]
pub(crate) struct Judge {
    schemas: Vec<(Kind, WireSchema)>,
    account: Option<AccountKind>,
}

impl Judge {
    /// A judge; without an account's kind both kinds may send everything.
    ///
    /// # Errors
    ///
    /// A wire schema that is none, which is a fault of this program.
    pub(crate) fn new(account: Option<AccountKind>) -> io::Result<Self> {
        let read = |&kind: &Kind| Ok((kind, WireSchema::new(kind.wire_schema())?));
        Ok(Self { schemas: KINDS.iter().map(read).collect::<io::Result<_>>()?, account })
    }

    /// The kind of a message whose form and content are good.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub(crate) fn judge(&self, raw: &[u8], message: &Value) -> Result<Kind, Refusal> {
        if let Some(escape) = escape::printable(raw) {
            return Err(Refusal::new(
                47002,
                format!("{escape} stands for a character that can be written as it is"),
            ));
        }
        let kind = kind_of(message)?;
        self.check_account(kind, message)?;
        let (_, schema) =
            self.schemas.iter().find(|(of, _)| *of == kind).expect("there is a schema for every kind");
        if let Some(breach) = schema.breaches(message).first() {
            return Err(Refusal::new(code_of(breach, message), format!("{}: {}", breach.place, breach.rule)));
        }
        check_size(kind, message)?;
        Ok(kind)
    }

    fn check_account(&self, kind: Kind, message: &Value) -> Result<(), Refusal> {
        let Some(account) = self.account else { return Ok(()) };
        let Some(code) = foreign_to(kind, account) else { return check_appid(kind, account, message) };
        Err(Refusal::new(code, format!("/msgtype: {kind} is not for {} accounts", account.name())))
    }
}

/// Reads a body.
///
/// # Errors
///
/// 44002 for nothing, 40003 for a form (docs/platform.md#json), 47001 for anything else that is no JSON object.
pub(crate) fn parse(raw: &[u8], is_form: bool) -> Result<Value, Refusal> {
    if raw.is_empty() {
        return Err(Refusal::new(44002, "the body is empty"));
    }
    match serde_json::from_slice(raw) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(Refusal::new(47001, "the body is JSON, but no object")),
        Err(_) if is_form => Err(Refusal::new(40003, "the body is a form, not JSON")),
        Err(error) => Err(Refusal::new(47001, format!("the body is no JSON: {error}"))),
    }
}

/// The recipient, where there is one to speak of.
pub(crate) fn touser(message: &Value) -> Option<&str> {
    message.get("touser").and_then(Value::as_str).filter(|openid| !openid.is_empty())
}

/// The service account that speaks (docs/platform.md#speaking-as-a-service-account).
pub(crate) fn kf_account(message: &Value) -> Option<&str> {
    message.pointer("/customservice/kf_account").and_then(Value::as_str)
}

fn kind_of(message: &Value) -> Result<Kind, Refusal> {
    let Some(msgtype) = message.get("msgtype") else {
        return Err(Refusal::new(40008, "/msgtype: it is missing"));
    };
    let name = msgtype.as_str().unwrap_or("");
    let code = if FOREIGN_TYPES.contains(&name) { 45050 } else { 40008 };
    Kind::find(name).ok_or_else(|| Refusal::new(code, format!("/msgtype: {msgtype} is no kind of message")))
}

/// The code for a kind that this kind of account may not send (docs/platform.md#kinds-and-accounts).
fn foreign_to(kind: Kind, account: AccountKind) -> Option<i64> {
    match (account, kind) {
        (AccountKind::Official, Kind::Link) => Some(45162),
        (
            AccountKind::Official,
            Kind::Text
            | Kind::Image
            | Kind::Voice
            | Kind::Video
            | Kind::Music
            | Kind::News
            | Kind::Mpnews
            | Kind::Mpnewsarticle
            | Kind::Msgmenu
            | Kind::Wxcard
            | Kind::Miniprogrampage,
        )
        | (AccountKind::MiniProgram, Kind::Text | Kind::Image | Kind::Link | Kind::Miniprogrampage) => None,
        (AccountKind::MiniProgram, Kind::Msgmenu) => Some(40200),
        (
            AccountKind::MiniProgram,
            Kind::Voice
            | Kind::Video
            | Kind::Music
            | Kind::News
            | Kind::Mpnews
            | Kind::Mpnewsarticle
            | Kind::Wxcard,
        ) => Some(45162),
    }
}

/// A card of a mini program names it when an official account sends it, and only then
/// (docs/platform.md#miniprogrampage).
fn check_appid(kind: Kind, account: AccountKind, message: &Value) -> Result<(), Refusal> {
    if kind != Kind::Miniprogrampage {
        return Ok(());
    }
    let place = "/miniprogrampage/appid";
    match (account, message.pointer(place).is_some()) {
        (AccountKind::Official, true) | (AccountKind::MiniProgram, false) => Ok(()),
        (AccountKind::Official, false) => {
            Err(Refusal::new(41011, format!("{place}: it is missing, and an official account must give it")))
        }
        (AccountKind::MiniProgram, true) => Err(Refusal::new(
            40035,
            format!("{place}: it is there, and a mini program sends its own pages only"),
        )),
    }
}

/// Limits that a schema cannot say, or that have a code of their own.
fn check_size(kind: Kind, message: &Value) -> Result<(), Refusal> {
    if kind == Kind::Text {
        let bytes = message.pointer("/text/content").and_then(Value::as_str).map_or(0, str::len);
        if bytes > TEXT_BYTES {
            return Err(Refusal::new(
                45002,
                format!("/text/content: {bytes} bytes are more than {TEXT_BYTES}"),
            ));
        }
    }
    if kind == Kind::News {
        let articles = message.pointer("/news/articles").and_then(Value::as_array).map_or(0, Vec::len);
        if articles > 1 {
            return Err(Refusal::new(45008, format!("/news/articles: {articles} articles are more than 1")));
        }
    }
    Ok(())
}

/// The platform's code for what a schema found.
fn code_of(Breach { place, rule }: &Breach, message: &Value) -> i64 {
    match rule {
        Rule::Required(property) => code_of_missing(&format!("{place}/{property}")),
        Rule::MinLength(_) | Rule::MinItems(_) => code_of_missing(place),
        Rule::Pattern(_) if place == "/touser" && touser(message).is_none() => 41009,
        // Among them unknown fields: what the platform does with those is not known (docs/platform.md#open-questions).
        Rule::Type(_) | Rule::Const | Rule::Enum | Rule::Pattern(_) | Rule::Unknown(_) => {
            match place.as_str() {
                "/touser" => 40003,
                _ if place.ends_with("media_id") => 40007,
                _ => 40035,
            }
        }
    }
}

/// The code for a required value that is missing or empty.
fn code_of_missing(place: &str) -> i64 {
    match place {
        "/touser" => 41009,
        "/text" | "/text/content" => 44004,
        "/news" | "/news/articles" => 44003,
        "/wxcard/card_id" => 40073,
        "/mpnewsarticle/article_id" => 53600,
        "/customservice/kf_account" => 65401,
        _ if place.ends_with("media_id") => 41006,
        _ => 41011,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of every kind (docs/platform.md#the-kinds).
    const SAMPLES: &[&str] = &[
        r#"{"touser":"OPENID","msgtype":"text","text":{"content":"Hello World"}}"#,
        r#"{"touser":"OPENID","msgtype":"image","image":{"media_id":"MEDIA_ID"}}"#,
        r#"{"touser":"OPENID","msgtype":"voice","voice":{"media_id":"MEDIA_ID"}}"#,
        r#"{"touser":"OPENID","msgtype":"video","video":{"media_id":"MEDIA_ID","thumb_media_id":"MEDIA_ID","title":"TITLE","description":"DESCRIPTION"}}"#,
        r#"{"touser":"OPENID","msgtype":"music","music":{"title":"MUSIC_TITLE","description":"MUSIC_DESCRIPTION","musicurl":"MUSIC_URL","hqmusicurl":"HQ_MUSIC_URL","thumb_media_id":"THUMB_MEDIA_ID"}}"#,
        r#"{"touser":"OPENID","msgtype":"news","news":{"articles":[{"title":"Happy Day","description":"Is Really A Happy Day","url":"URL","picurl":"PIC_URL"}]}}"#,
        r#"{"touser":"OPENID","msgtype":"mpnews","mpnews":{"media_id":"MEDIA_ID"}}"#,
        r#"{"touser":"OPENID","msgtype":"mpnewsarticle","mpnewsarticle":{"article_id":"ARTICLE_ID"}}"#,
        r#"{"touser":"OPENID","msgtype":"msgmenu","msgmenu":{"head_content":"您对本次服务是否满意呢? ","list":[{"id":"101","content":"满意"},{"id":"102","content":"不满意"}],"tail_content":"欢迎再次光临"}}"#,
        r#"{"touser":"OPENID","msgtype":"wxcard","wxcard":{"card_id":"123dsdajkasd231jhksad"}}"#,
        r#"{"touser":"OPENID","msgtype":"miniprogrampage","miniprogrampage":{"title":"title","appid":"appid","pagepath":"pagepath","thumb_media_id":"thumb_media_id"}}"#,
        r#"{"touser":"OPENID","msgtype":"text","text":{"content":"Hello World"},"customservice":{"kf_account":"test1@kftest"}}"#,
        r#"{"touser":"OPENID","msgtype":"text","text":{"content":"Hello World"},"aimsgcontext":{"is_ai_msg":1}}"#,
    ];
    const MINI_PAGE: &str = r#"{"touser":"OPENID","msgtype":"miniprogrampage","miniprogrampage":{"title":"title","pagepath":"pagePath","thumb_media_id":"thumbMediaId"}}"#;
    const LINK: &str = r#"{"touser":"OPENID","msgtype":"link","link":{"title":"Happy Day","description":"Is Really A Happy Day","url":"URL","thumb_url":"THUMB_URL"}}"#;

    fn verdict(account: Option<AccountKind>, raw: &str) -> Result<(), i64> {
        let judge = Judge::new(account).expect("the schemas compile");
        let judged = parse(raw.as_bytes(), false).and_then(|message| judge.judge(raw.as_bytes(), &message));
        judged.map(|_| ()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn every_sample_of_the_platform_is_taken() {
        for sample in SAMPLES {
            assert_eq!(verdict(Some(AccountKind::Official), sample), Ok(()), "{sample}");
            assert_eq!(verdict(None, sample), Ok(()), "{sample}");
        }
        for sample in [SAMPLES[0], SAMPLES[1], MINI_PAGE, LINK] {
            assert_eq!(verdict(Some(AccountKind::MiniProgram), sample), Ok(()), "{sample}");
        }
    }

    #[test]
    fn what_an_account_may_not_send_has_its_codes() {
        let mini = Some(AccountKind::MiniProgram);
        assert_eq!(verdict(Some(AccountKind::Official), LINK), Err(45162));
        assert_eq!(verdict(Some(AccountKind::Official), MINI_PAGE), Err(41011));
        assert_eq!(verdict(mini, SAMPLES[5]), Err(45162));
        assert_eq!(verdict(mini, SAMPLES[8]), Err(40200));
        assert_eq!(verdict(mini, SAMPLES[10]), Err(40035));
    }

    #[test]
    fn each_wrong_form_has_its_code() {
        let long =
            format!(r#"{{"touser":"o","msgtype":"text","text":{{"content":"{}"}}}}"#, "字".repeat(683));
        let article = r#"{"title":"t","description":"d","url":"u","picurl":"p"}"#;
        let two = format!(r#"{{"touser":"o","msgtype":"news","news":{{"articles":[{article},{article}]}}}}"#);
        let cases = [
            ("", 44002),
            ("{", 47001),
            ("[]", 47001),
            (r#"{"touser":"o"}"#, 40008),
            (r#"{"touser":"o","msgtype":"sms"}"#, 40008),
            (r#"{"touser":"o","msgtype":7}"#, 40008),
            (r#"{"touser":"o","msgtype":"markdown"}"#, 45050),
            (r#"{"msgtype":"text","text":{"content":"c"}}"#, 41009),
            (r#"{"touser":"","msgtype":"text","text":{"content":"c"}}"#, 41009),
            (r#"{"touser":"a b","msgtype":"text","text":{"content":"c"}}"#, 40003),
            (r#"{"touser":["o"],"msgtype":"text","text":{"content":"c"}}"#, 40003),
            (r#"{"touser":"o","msgtype":"text"}"#, 44004),
            (r#"{"touser":"o","msgtype":"text","text":{"content":""}}"#, 44004),
            (r#"{"touser":"o","msgtype":"text","text":{"content":1}}"#, 40035),
            (r#"{"touser":"o","msgtype":"text","text":{"content":"c","x":1}}"#, 40035),
            (r#"{"touser":"o","msgtype":"text","text":{"content":"c"},"agentid":1}"#, 40035),
            (r#"{"touser":"o","msgtype":"text","text":{"content":"\u4f60"}}"#, 47002),
            (r#"{"touser":"o","msgtype":"text","text":{"content":"a\\\u003cb"}}"#, 47002),
            (r#"{"touser":"o","msgtype":"image","image":{}}"#, 41006),
            (r#"{"touser":"o","msgtype":"image","image":{"media_id":""}}"#, 41006),
            (r#"{"touser":"o","msgtype":"image","image":{"media_id":1}}"#, 40007),
            (r#"{"touser":"o","msgtype":"video","video":{"media_id":"m"}}"#, 41006),
            (r#"{"touser":"o","msgtype":"news","news":{"articles":[]}}"#, 44003),
            (r#"{"touser":"o","msgtype":"news","news":{"articles":[{"title":"t"}]}}"#, 41011),
            (r#"{"touser":"o","msgtype":"wxcard","wxcard":{"card_id":""}}"#, 40073),
            (r#"{"touser":"o","msgtype":"mpnewsarticle","mpnewsarticle":{"article_id":""}}"#, 53600),
            (r#"{"touser":"o","msgtype":"msgmenu","msgmenu":{}}"#, 41011),
            (&long, 45002),
            (&two, 45008),
        ];
        for (raw, code) in cases {
            assert_eq!(verdict(Some(AccountKind::Official), raw), Err(code), "{raw}");
        }
    }

    #[test]
    fn a_form_is_answered_as_the_platform_does() {
        let refusal = parse(b"touser=o&msgtype=text", true).expect_err("no JSON");
        assert_eq!(refusal.code, 40003);
    }

    #[test]
    fn a_text_of_exactly_the_limit_is_taken() {
        let raw =
            format!(r#"{{"touser":"o","msgtype":"text","text":{{"content":"{}"}}}}"#, "a".repeat(TEXT_BYTES));
        assert_eq!(verdict(None, &raw), Ok(()));
    }

    #[test]
    fn a_refusal_says_where() {
        let raw = br#"{"touser":"o","msgtype":"text","text":{"content":1}}"#;
        let judge = Judge::new(None).expect("the schemas compile");
        let message = parse(raw, false).expect("JSON");
        let refusal = judge.judge(raw, &message).expect_err("wrong");
        assert!(refusal.why.starts_with("/text/content: "), "{}", refusal.why);
    }
}
