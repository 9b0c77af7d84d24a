//! Whom the platform knows of an account: followers, tags, the blacklist, profiles, records of chats. Every call only
//! reads, so that it may be repeated.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use crate::wechat::account::{CallError, refusal};
use crate::wechat::answer::json::{self, Integer, Text};
use crate::wechat::client::Client;
use crate::wechat::token::access_token::Token;

const FOLLOWERS: &str = "/cgi-bin/user/get";
const PROFILES: &str = "/cgi-bin/user/info/batchget";
const TAGS: &str = "/cgi-bin/tags/get";
const TAGGED: &str = "/cgi-bin/user/tag/get";
const BLACKLIST: &str = "/cgi-bin/tags/members/getblacklist";
const RECORDS: &str = "/customservice/msgrecord/getmsglist";

/// The most people whose profiles one call gives (docs/platform.md#profiles).
pub(crate) const PROFILES_A_CALL: usize = 100;
/// How many records of chats are asked for at a time: fewer than may be, since each has a text (docs/platform.md#chat-records).
const RECORDS_A_CALL: u32 = 2000;
/// What somebody wrote, among the records (docs/platform.md#chat-records).
const RECEIVED: i64 = 2003;

/// A list of people that comes page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Everybody who follows (docs/platform.md#followers).
    Followers,
    /// Everybody with a tag, by its id (docs/platform.md#tags).
    Tagged(i64),
    /// Everybody on the blacklist (docs/platform.md#blacklist).
    Blacklist,
}

/// A page of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// How many there are in all, where the platform says so.
    pub(crate) total: Option<u64>,
    pub(crate) openids: Vec<String>,
    /// Where the next page begins; nothing where this is the last one.
    pub(crate) next: Option<String>,
}

#[derive(Deserialize)]
struct RawPage {
    #[serde(default)]
    errcode: Integer,
    #[serde(default)]
    total: Integer,
    #[serde(default)]
    count: Integer,
    data: Option<RawPeople>,
    #[serde(default)]
    next_openid: Text,
}

#[derive(Deserialize)]
struct RawPeople {
    #[serde(default)]
    openid: Vec<Text>,
}

/// A page as it came. Reading it takes as long as the next one takes to be asked for, so whoever has another thread reads
/// it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unread {
    body: Bytes,
    /// Where the next page begins, as the end of the body says it.
    pub(crate) next: String,
}

impl Unread {
    /// What it says.
    ///
    /// # Errors
    ///
    /// When it is no page.
    pub(crate) fn read(&self) -> Result<Page, CallError> {
        read_page(&self.body)
    }
}

/// A page that was read, or one that leads on and can be read later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fetched {
    Read(Page),
    Unread(Unread),
}

/// Where the next page begins, of a page that ends as the platform's do and has people on it.
fn next_at_end(body: &[u8]) -> Option<String> {
    let tail = &body[body.len().saturating_sub(256)..];
    let tail = std::str::from_utf8(tail).ok()?.strip_suffix("\"}")?;
    let (before, next) = tail.rsplit_once(",\"next_openid\":\"")?;
    let is_openid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let leads_on = before.ends_with("\"]}") && !next.is_empty() && next.bytes().all(is_openid);
    leads_on.then(|| next.to_owned())
}

/// Asks for the page of a list that begins behind an openid, or for the first one. A list ends with an empty
/// `next_openid`, or with a page on which nobody stands (docs/platform.md#followers).
///
/// # Errors
///
/// When the platform does not tell.
pub(crate) async fn page(
    client: &Client,
    token: &Token,
    list: Listed,
    behind: &str,
) -> Result<Fetched, CallError> {
    let answered = match list {
        Listed::Followers => client.get_page(FOLLOWERS, Some(("next_openid", behind)), token).await,
        Listed::Tagged(tag) => {
            client.post_page(TAGGED, &json!({ "tagid": tag, "next_openid": behind }), token).await
        }
        Listed::Blacklist => client.post_page(BLACKLIST, &json!({ "begin_openid": behind }), token).await,
    };
    let body = answered.map_err(CallError::NoAnswer)?;
    match next_at_end(&body) {
        Some(next) => Ok(Fetched::Unread(Unread { body, next })),
        None => read_page(&body).map(Fetched::Read),
    }
}

fn read_page(body: &Bytes) -> Result<Page, CallError> {
    let raw: RawPage = json::read_page(body).ok_or_else(|| refusal(body))?;
    // A success has no errcode as a rule, and a gateway may add one (docs/platform.md#answer-bodies).
    let is_success = matches!(raw.errcode, Integer(None | Some(0)));
    let is_page = raw.count.0.is_some() || raw.total.0.is_some() || raw.data.is_some();
    if !is_success || !is_page {
        return Err(refusal(body));
    }
    let people = raw.data.map(|data| data.openid);
    let openids: Vec<String> = people.into_iter().flatten().filter_map(|openid| openid.0).collect();
    let next = raw.next_openid.0.filter(|next| !next.is_empty() && !openids.is_empty());
    Ok(Page { total: raw.total.0.and_then(|total| u64::try_from(total).ok()), openids, next })
}

/// A tag of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// How many people have it, as the platform counts them.
    pub(crate) count: u64,
}

#[derive(Deserialize)]
struct RawTags {
    tags: Vec<RawTag>,
}

#[derive(Deserialize)]
struct RawTag {
    #[serde(default)]
    id: Integer,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    count: Integer,
}

/// Asks for all tags (docs/platform.md#tags).
///
/// # Errors
///
/// When the platform does not tell.
pub(crate) async fn tags(client: &Client, token: &Token) -> Result<Vec<Tag>, CallError> {
    let body = client.get_page(TAGS, None, token).await.map_err(CallError::NoAnswer)?;
    let raw: RawTags = json::read_page(&body).ok_or_else(|| refusal(&body))?;
    let tag = |raw: RawTag| {
        let count = raw.count.0.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        Some(Tag { id: raw.id.0?, name: raw.name.0?, count })
    };
    Ok(raw.tags.into_iter().filter_map(tag).collect())
}

/// What the platform tells of one person (docs/platform.md#profiles).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Profile {
    pub(crate) openid: String,
    /// Whether they follow. Of those who do not, nothing else is told.
    pub(crate) follows: bool,
    /// Since when, in seconds since 1970.
    pub(crate) since: Option<i64>,
    pub(crate) unionid: String,
    pub(crate) remark: String,
    /// The ids of their tags.
    pub(crate) tags: Vec<i64>,
    /// By which way they came, in the platform's words.
    pub(crate) source: String,
    /// The scene of the QR code that they came by.
    pub(crate) scene: String,
}

#[derive(Deserialize)]
struct RawProfiles {
    user_info_list: Vec<RawProfile>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct RawProfile {
    openid: Text,
    subscribe: Integer,
    subscribe_time: Integer,
    unionid: Text,
    remark: Text,
    tagid_list: Vec<Integer>,
    subscribe_scene: Text,
    qr_scene: Text,
    qr_scene_str: Text,
}

impl RawProfile {
    fn read(self) -> Option<Profile> {
        let text = |text: Text| text.0.unwrap_or_default();
        // The platform writes 0 where there was no code.
        let number = self.qr_scene.0.filter(|scene| scene != "0");
        let named = self.qr_scene_str.0.filter(|scene| !scene.is_empty());
        Some(Profile {
            openid: self.openid.0?,
            follows: self.subscribe.0.is_some_and(|subscribe| subscribe != 0),
            since: self.subscribe_time.0.filter(|time| *time > 0),
            unionid: text(self.unionid),
            remark: text(self.remark),
            tags: self.tagid_list.into_iter().filter_map(|tag| tag.0).collect(),
            source: text(self.subscribe_scene),
            scene: text(Text(named.or(number))),
        })
    }
}

/// Asks for the profiles of at most [`PROFILES_A_CALL`] people. Who is not among the answers is left out of them.
///
/// # Errors
///
/// When the platform does not tell.
pub(crate) async fn profiles(
    client: &Client,
    token: &Token,
    openids: &[String],
) -> Result<Vec<Profile>, CallError> {
    let list: Vec<_> = openids.iter().map(|openid| json!({ "openid": openid, "lang": "zh_CN" })).collect();
    let asked = client.post_page(PROFILES, &json!({ "user_list": list }), token).await;
    let body = asked.map_err(CallError::NoAnswer)?;
    let raw: RawProfiles = json::read_page(&body).ok_or_else(|| refusal(&body))?;
    Ok(raw.user_info_list.into_iter().filter_map(RawProfile::read).collect())
}

/// Something that somebody wrote to a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrote {
    pub(crate) openid: String,
    /// In seconds since 1970.
    pub(crate) at: i64,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Records {
    pub(crate) wrote: Vec<Wrote>,
    /// Where the next page begins; nothing where this is the last one.
    pub(crate) next: Option<i64>,
}

#[derive(Deserialize)]
struct RawRecords {
    recordlist: Vec<RawRecord>,
    #[serde(default)]
    msgid: Integer,
}

#[derive(Deserialize)]
struct RawRecord {
    #[serde(default)]
    openid: Text,
    #[serde(default)]
    opercode: Integer,
    #[serde(default)]
    time: Integer,
}

/// Asks for what was written between two moments, at most a day apart, from a record on
/// (docs/platform.md#chat-records).
///
/// # Errors
///
/// When the platform does not tell.
pub(crate) async fn records(
    client: &Client,
    token: &Token,
    between: (i64, i64),
    from: i64,
) -> Result<Records, CallError> {
    let asked = json!({
        "starttime": between.0,
        "endtime": between.1,
        "msgid": from,
        "number": RECORDS_A_CALL,
    });
    let body = client.post_page(RECORDS, &asked, token).await.map_err(CallError::NoAnswer)?;
    let raw: RawRecords = json::read_page(&body).ok_or_else(|| refusal(&body))?;
    let whole = raw.recordlist.len() >= RECORDS_A_CALL as usize;
    // A page that leads nowhere else is the last one, or the same would be asked for without end.
    let next = raw.msgid.0.filter(|next| whole && *next > from);
    let wrote = raw.recordlist.into_iter().filter(|record| record.opercode.0 == Some(RECEIVED));
    let wrote = wrote.filter_map(|record| Some(Wrote { openid: record.openid.0?, at: record.time.0? }));
    Ok(Records { wrote: wrote.collect(), next })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &'static str) -> Result<Page, CallError> {
        read_page(&Bytes::from_static(body.as_bytes()))
    }

    fn people(openids: &[&str]) -> Vec<String> {
        openids.iter().map(|openid| (*openid).to_owned()).collect()
    }

    #[test]
    fn a_list_ends_with_an_empty_next_openid_or_a_page_without_anybody() {
        let first = page(r#"{"total":3,"count":2,"data":{"openid":["oA","oB"]},"next_openid":"oB"}"#);
        let expected = Page { total: Some(3), openids: people(&["oA", "oB"]), next: Some("oB".into()) };
        assert_eq!(first, Ok(expected));
        let last = page(r#"{"total":3,"count":1,"data":{"openid":["oC"]},"next_openid":""}"#);
        assert_eq!(last, Ok(Page { total: Some(3), openids: people(&["oC"]), next: None }));
        for end in [r#"{"total":3,"count":0,"next_openid":"oC"}"#, r#"{"count":0}"#] {
            let end = page(end).expect("a page");
            assert_eq!((end.openids.len(), end.next), (0, None));
        }
    }

    #[test]
    fn where_the_next_page_begins_stands_at_the_end_of_one_with_people_on_it() {
        let next = |body: &str| next_at_end(body.as_bytes());
        let page = r#"{"total":3,"count":2,"data":{"openid":["oA","oB"]},"next_openid":"oB"}"#;
        assert_eq!(next(page).as_deref(), Some("oB"));
        for body in [
            r#"{"total":3,"count":1,"data":{"openid":["oC"]},"next_openid":""}"#,
            r#"{"total":3,"count":0,"next_openid":"oC"}"#,
            r#"{"total":3,"count":0,"data":{"openid":[]},"next_openid":"oC"}"#,
            r#"{"count":1,"next_openid":"oC","data":{"openid":["oC"]}}"#,
            r#"{"errcode":48001,"errmsg":"x"}"#,
            "",
        ] {
            assert_eq!(next(body), None, "{body}");
        }
    }

    #[test]
    fn an_answer_that_is_no_page_is_a_refusal_or_none() {
        assert!(matches!(page(r#"{"errcode":48001,"errmsg":"x"}"#), Err(CallError::Answered(_))));
        for body in [r#"{"errcode":0,"errmsg":"ok"}"#, "<html>", "", "[]"] {
            assert!(matches!(page(body), Err(CallError::NoAnswer(_))), "{body}");
        }
        assert!(page(r#"{"errcode":0,"total":"0","count":0}"#).is_ok());
    }

    #[test]
    fn a_profile_says_only_that_somebody_does_not_follow() {
        let body = "{\"user_info_list\":[{\"subscribe\":0,\"openid\":\"oA\"},\
            {\"subscribe\":1,\"openid\":\"oB\",\"subscribe_time\":1382694957,\"remark\":\"a\u{1}b\",\
            \"tagid_list\":[128,2],\"qr_scene\":98765,\"qr_scene_str\":\"\"}]}";
        let raw: RawProfiles = json::read_page(body.as_bytes()).expect("raw control characters are read");
        let read: Vec<Profile> = raw.user_info_list.into_iter().filter_map(RawProfile::read).collect();
        assert_eq!(read[0], Profile { openid: "oA".into(), ..Profile::default() });
        let Profile { follows, since, remark, tags, scene, .. } = read[1].clone();
        assert_eq!((follows, since, remark.as_str()), (true, Some(1_382_694_957), "a\u{1}b"));
        assert_eq!((tags, scene.as_str()), (vec![128, 2], "98765"));
    }
}
