//! The calls about the account: tokens, service accounts, quota (docs/platform.md#tokens,
//! docs/platform.md#service-accounts, docs/platform.md#reading-the-quota).

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::simulator::answer::answer;
use crate::simulator::call::Call;
use crate::simulator::judge;
use crate::simulator::platform::{Platform, Reply};
use crate::simulator::rules::{Endpoint, Target};
use crate::simulator::token::Grant;

/// The path whose quota is counted.
const SEND_PATH: &str = "/cgi-bin/message/custom/send";

/// What a token call says about its caller.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Credentials {
    grant_type: String,
    appid: String,
    secret: String,
    force_refresh: bool,
}

/// `POST /cgi-bin/stable_token`.
pub(crate) async fn stable_token(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Token, |call, target| {
        let body = judge::parse(&call.body, call.is_form());
        let credentials = body.and_then(|value| {
            serde_json::from_value::<Credentials>(value)
                .map_err(|error| judge::Refusal::new(47001, error.to_string()))
        });
        let force = credentials.as_ref().is_ok_and(|credentials| credentials.force_refresh);
        platform.ledger.token_called(true, force);
        if !call.is_post() {
            return Err(platform.refuse(43002));
        }
        let credentials = credentials.map_err(|refusal| platform.refuse(refusal.code))?;
        check_credentials(&platform, &credentials)?;
        platform.ruled(target)?;
        let (settings, now) = (&platform.settings, platform.clock.now());
        let granted = platform.tokens().stable(&settings.token, settings.seed, now, force);
        granted.map(|grant| granted_reply(&grant)).map_err(|code| platform.refuse(code))
    })
    .await
}

/// `GET /cgi-bin/token`.
pub(crate) async fn token(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Token, |call, target| {
        platform.ledger.token_called(false, false);
        if call.is_post() {
            return Err(platform.refuse(43001));
        }
        // A query that cannot be read counts as empty, which the first check refuses.
        let credentials = Query::<Credentials>::try_from_uri(&call.parts.uri).map(|query| query.0);
        check_credentials(&platform, &credentials.unwrap_or_default())?;
        platform.ruled(target)?;
        let (settings, now) = (&platform.settings, platform.clock.now());
        let granted = platform.tokens().classic(&settings.token, settings.seed, now);
        granted.map(|grant| granted_reply(&grant)).map_err(|code| platform.refuse(code))
    })
    .await
}

fn check_credentials(platform: &Platform, given: &Credentials) -> Result<(), Reply> {
    let account = platform.account.as_ref();
    let wrong = |given: &str, known: Option<&String>| known.is_some_and(|known| known != given);
    let code = if given.grant_type != "client_credential" {
        40002
    } else if given.appid.is_empty() {
        41002
    } else if given.secret.is_empty() {
        41004
    } else if wrong(&given.appid, account.map(|account| &account.appid)) {
        40013
    } else if wrong(&given.secret, account.map(|account| &account.secret)) {
        40125
    } else if platform.settings.ip.refused.is_some() {
        40164
    } else {
        return Ok(());
    };
    Err(platform.refuse(code))
}

fn granted_reply(grant: &Grant) -> Reply {
    Reply::json(&json!({ "access_token": grant.token, "expires_in": grant.expires_in }))
}

/// `GET /cgi-bin/customservice/getkflist`.
pub(crate) async fn kf_list(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Kflist, |call, target| {
        if call.is_post() {
            return Err(platform.refuse(43001));
        }
        platform.check_token(call).map_err(|code| platform.refuse(code))?;
        platform.ruled(target)?;
        let accounts = platform.settings.kf.accounts.iter().flatten().zip(1001..);
        let list: Vec<Value> = accounts
            .map(|(account, id)| {
                let nick = account.split('@').next().expect("a split has a first piece");
                let mut entry = json!({
                    "kf_account": account,
                    "kf_nick": nick,
                    "kf_id": id.to_string(),
                    "kf_headimgurl": "http://mmbiz.qpic.cn/mmbiz/0",
                });
                if platform.settings.kf.unbound.contains(account) {
                    entry["invite_wx"] = json!(format!("wx_{nick}"));
                    entry["invite_expire_time"] = json!(platform.clock.unix_seconds() + 86_400);
                    entry["invite_status"] = json!("waiting");
                } else {
                    entry["kf_wx"] = json!(format!("wx_{nick}"));
                }
                entry
            })
            .collect();
        Ok(Reply::json(&json!({ "kf_list": list })))
    })
    .await
}

/// `POST /cgi-bin/openapi/quota/get`.
pub(crate) async fn quota(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Quota, |call, target| {
        if !call.is_post() {
            return Err(platform.refuse(43002));
        }
        platform.check_token(call).map_err(|code| platform.refuse(code))?;
        platform.ruled(target)?;
        let body =
            judge::parse(&call.body, call.is_form()).map_err(|refusal| platform.refuse(refusal.code))?;
        match body.get("cgi_path").and_then(Value::as_str) {
            Some(SEND_PATH) => Ok(quota_reply(&platform)),
            Some(path) if path.starts_with('/') => Err(platform.refuse(76021)),
            _ => Err(platform.refuse(76003)),
        }
    })
    .await
}

fn quota_reply(platform: &Platform) -> Reply {
    let figures = platform.quota().figures(platform.clock.now());
    let mut reply = json!({
        "errcode": 0,
        "errmsg": "ok",
        "quota": { "daily_limit": figures.daily_limit, "used": figures.used, "remain": figures.remain },
    });
    if let Some((calls, seconds)) = figures.rate_limit {
        reply["rate_limit"] = json!({ "call_count": calls, "refresh_second": seconds });
    }
    Reply::json(&reply)
}

/// `POST /cgi-bin/clear_quota`.
pub(crate) async fn clear_quota(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, Endpoint::Quota, |call, _| {
        if !call.is_post() {
            return Err(platform.refuse(43002));
        }
        platform.check_token(call).map_err(|code| platform.refuse(code))?;
        platform.quota().clear();
        Ok(Reply::ok())
    })
    .await
}

/// Reads a request, counts it, and answers what `verdict` says.
pub(crate) async fn respond(
    platform: &Platform,
    request: Request,
    on: Endpoint,
    verdict: impl FnOnce(&Call, Target<'_>) -> Result<Reply, Reply>,
) -> Response {
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let target = platform.count(on);
    answer(platform, &call.line, target, || verdict(&call, target).unwrap_or_else(|refusal| refusal)).await
}
