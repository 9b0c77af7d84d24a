//! The calls about people: followers, tags, the blacklist, profiles, records of chats (docs/platform.md#people).

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::simulator::account::respond;
use crate::simulator::call::Call;
use crate::simulator::crowd::{Crowd, Part, Person, Recorded};
use crate::simulator::judge;
use crate::simulator::platform::{Platform, Reply};
use crate::simulator::rules::{Endpoint, Target};

/// The most people whose profiles one call gives (docs/platform.md#profiles).
const MOST_PROFILES: usize = 100;
/// The most records of a page, and the longest time between the first and the last (docs/platform.md#chat-records).
const MOST_RECORDS: u64 = 10_000;
const DAY: i64 = 86_400;

/// What every call checks before it answers.
fn admitted(platform: &Platform, call: &Call, target: Target<'_>, post: bool) -> Result<(), Reply> {
    if call.is_post() != post {
        return Err(platform.refuse(if post { 43002 } else { 43001 }));
    }
    platform.check_token(call).map_err(|code| platform.refuse(code))?;
    platform.ruled(target)
}

fn body<T: for<'de> Deserialize<'de>>(platform: &Platform, call: &Call) -> Result<T, Reply> {
    let value = judge::parse(&call.body, call.is_form()).map_err(|refusal| platform.refuse(refusal.code))?;
    serde_json::from_value(value).map_err(|_| platform.refuse(47001))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Behind {
    next_openid: String,
    begin_openid: String,
    tagid: i64,
}

/// `GET /cgi-bin/user/get`.
pub(crate) async fn followers(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Followers, |call, target| {
        admitted(&platform, call, target, false)?;
        platform.count_followers_call().map_err(|code| platform.refuse(code))?;
        let behind = Query::<Behind>::try_from_uri(&call.parts.uri)
            .map(|query| query.0)
            .unwrap_or_else(|_| Behind::default());
        let part = platform.crowd().followers(&behind.next_openid, &platform.settings.followers);
        part.map(|part| page(&platform, &part, true)).map_err(|code| platform.refuse(code))
    })
    .await
}

/// `GET /cgi-bin/tags/get`.
pub(crate) async fn tags(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Tags, |call, target| {
        admitted(&platform, call, target, false)?;
        let crowd = platform.crowd();
        let tags: Vec<Value> = crowd
            .tags()
            .into_iter()
            .map(|(id, name, count)| json!({ "id": id, "name": name, "count": count }))
            .collect();
        Ok(Reply::json(&json!({ "tags": tags })))
    })
    .await
}

/// `POST /cgi-bin/user/tag/get`.
pub(crate) async fn tagged(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Tagged, |call, target| {
        admitted(&platform, call, target, true)?;
        let asked: Behind = body(&platform, call)?;
        let crowd = platform.crowd();
        if !crowd.has_tag(asked.tagid) {
            return Err(platform.refuse(45159));
        }
        let part = crowd.part_of_tag(asked.tagid, &asked.next_openid, &platform.settings.followers);
        part.map(|part| page(&platform, &part, false)).map_err(|code| platform.refuse(code))
    })
    .await
}

/// `POST /cgi-bin/tags/members/getblacklist`.
pub(crate) async fn blacklist(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Blacklist, |call, target| {
        admitted(&platform, call, target, true)?;
        let asked: Behind = body(&platform, call)?;
        let part = platform.crowd().blacklist(&asked.begin_openid, &platform.settings.followers);
        part.map(|part| page(&platform, &part, true)).map_err(|code| platform.refuse(code))
    })
    .await
}

/// A page, which has no errcode unless the scenario says so (docs/platform.md#answer-bodies). It is written by hand: a
/// bench asks for a hundred of 10,000 people.
fn page(platform: &Platform, part: &Part, with_total: bool) -> Reply {
    let mut text = String::with_capacity(part.openids.len() * 34 + 128);
    text.push('{');
    if platform.settings.followers.errcode {
        text.push_str(r#""errcode":0,"errmsg":"ok","#);
    }
    if with_total {
        text.push_str(&format!(r#""total":{},"#, part.total));
    }
    text.push_str(&format!(r#""count":{}"#, part.openids.len()));
    if !part.openids.is_empty() {
        text.push_str(r#","data":{"openid":["#);
        for (index, openid) in part.openids.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&Value::from(openid.as_str()).to_string());
        }
        text.push_str("]}");
    }
    text.push_str(&format!(r#","next_openid":{}}}"#, Value::from(part.next.as_str())));
    Reply { errcode: 0, body: text.into() }
}

#[derive(Deserialize)]
struct Wanted {
    user_list: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    openid: String,
}

/// `POST /cgi-bin/user/info/batchget`.
pub(crate) async fn profiles(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Profiles, |call, target| {
        admitted(&platform, call, target, true)?;
        let wanted: Wanted = body(&platform, call)?;
        if wanted.user_list.is_empty() || wanted.user_list.len() > MOST_PROFILES {
            return Err(platform.refuse(40032));
        }
        let crowd = platform.crowd();
        let people: Option<Vec<Person>> =
            wanted.user_list.iter().map(|one| crowd.person(&one.openid)).collect();
        // One openid that is none of this account's spoils the call (docs/platform.md#openids).
        let people = people.ok_or_else(|| platform.refuse(40003))?;
        let told: Vec<String> = people.iter().map(profile).collect();
        Ok(Reply { errcode: 0, body: format!("{{\"user_info_list\":[{}]}}", told.join(",")).into() })
    })
    .await
}

/// What is told of somebody, with whatever stands in a remark as it is: the platform lets control characters through
/// (docs/platform.md#answer-bodies).
fn profile(person: &Person) -> String {
    if !person.follows {
        return json!({ "subscribe": 0, "openid": person.openid }).to_string();
    }
    let mut told = json!({
        "subscribe": 1,
        "openid": person.openid,
        "subscribe_time": person.since,
        "remark": "",
        "groupid": person.tags.first().copied().unwrap_or(0),
        "tagid_list": person.tags,
        "subscribe_scene": person.source,
        "qr_scene": 0,
        "qr_scene_str": person.scene,
    });
    if !person.unionid.is_empty() {
        told["unionid"] = json!(person.unionid);
    }
    let quoted = person.remark.replace('\\', "\\\\").replace('"', "\\\"");
    told.to_string().replace("\"remark\":\"\"", &format!("\"remark\":\"{quoted}\""))
}

#[derive(Deserialize)]
struct Between {
    starttime: i64,
    endtime: i64,
    msgid: u64,
    number: u64,
}

/// `POST /customservice/msgrecord/getmsglist`.
pub(crate) async fn records(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Records, |call, target| {
        admitted(&platform, call, target, true)?;
        let recorded = platform.settings.followers.records;
        if recorded == Recorded::Off {
            return Err(platform.refuse(65400));
        }
        let asked: Between = body(&platform, call)?;
        if asked.msgid < 1 || asked.number < 1 || asked.number > MOST_RECORDS {
            return Err(platform.refuse(65416));
        }
        if asked.endtime < asked.starttime || asked.endtime - asked.starttime > DAY {
            return Err(platform.refuse(65417));
        }
        Ok(records_between(&platform.crowd(), &asked, recorded))
    })
    .await
}

fn records_between(crowd: &Crowd, asked: &Between, recorded: Recorded) -> Reply {
    let all = match recorded {
        // As askers had it whose chats were many (docs/platform.md#chat-records).
        Recorded::Off | Recorded::Empty => Vec::new(),
        Recorded::Messages => crowd.wrote(),
    };
    let between = all.into_iter().filter(|(at, _)| (asked.starttime..=asked.endtime).contains(at));
    let skipped = usize::try_from(asked.msgid - 1).unwrap_or(usize::MAX);
    let most = usize::try_from(asked.number).unwrap_or(usize::MAX);
    let list: Vec<Value> = between
        .skip(skipped)
        .take(most)
        .map(|(at, openid)| {
            json!({ "openid": openid, "opercode": 2003, "text": "...", "time": at, "worker": "test1@kftest" })
        })
        .collect();
    let next = if list.is_empty() { 0 } else { asked.msgid + list.len() as u64 };
    Reply::json(&json!({ "number": list.len(), "msgid": next, "recordlist": list }))
}
