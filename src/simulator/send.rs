//! `message/custom/send` and `message/custom/typing` (docs/platform.md#sending, docs/platform.md#typing).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;

use crate::simulator::answer::answer;
use crate::simulator::call::Call;
use crate::simulator::judge::{self, Refusal};
use crate::simulator::platform::{Platform, Reply};
use crate::simulator::rules::{Endpoint, Target};

/// `POST /cgi-bin/message/custom/send`.
pub(crate) async fn send(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let _flight = platform.ledger.open();
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let message = judge::parse(&call.body, call.is_form());
    let openid = message.as_ref().ok().and_then(judge::touser);
    let number = platform.ledger.receive(openid, platform.clock.real());
    let dies = platform.settings.token.dies_at_message.as_ref();
    if dies.is_some_and(|numbers| numbers.contains(number)) {
        platform.tokens().die(&platform.settings.token);
    }
    let target = Target { on: Endpoint::Send, openid, number };
    let verdict = || match take(&platform, &call, message.as_ref(), target) {
        Ok(()) => Reply::ok(),
        Err(reply) => reply,
    };
    answer(&platform, &call.line, target, verdict).await
}

/// Decides about a message, and accepts it when nothing speaks against it.
fn take(
    platform: &Platform,
    call: &Call,
    message: Result<&Value, &Refusal>,
    target: Target<'_>,
) -> Result<(), Reply> {
    let refuse = |code| platform.refuse(code);
    let reject = |refusal: &Refusal| {
        platform.ledger.reject(target.openid, refusal.code, &refusal.why);
        platform.refuse(refusal.code)
    };
    if !call.is_post() {
        return Err(refuse(43002));
    }
    platform.check_token(call).map_err(refuse)?;
    let account = &platform.settings.account;
    if let Some(code) = account.code
        && target.number >= account.from
    {
        return Err(refuse(code));
    }
    platform.quota().take(platform.clock.now()).map_err(refuse)?;
    let message = message.map_err(reject)?;
    let kind = platform.judge.judge(&call.body, message).map_err(|refusal| reject(&refusal))?;
    check_kf(platform, message).map_err(|refusal| reject(&refusal))?;
    platform.shelf().check(kind, message, platform.clock.now()).map_err(|refusal| reject(&refusal))?;
    platform.ruled(target)?;
    let openid = target.openid.expect("a message of the right form has a recipient");
    if let Some(windows) = platform.windows().as_mut() {
        windows.take(openid, platform.clock.unix_seconds()).map_err(refuse)?;
    }
    let seen = platform.shelf().seen(kind, message, &call.body);
    if !platform.ledger.accept(openid, &seen, platform.settings.window.allowance) {
        return Err(refuse(45047));
    }
    Ok(())
}

/// A service account must exist, where the scenario says which do (docs/platform.md#speaking-as-a-service-account).
fn check_kf(platform: &Platform, message: &Value) -> Result<(), Refusal> {
    let (Some(speaker), Some(known)) = (judge::kf_account(message), &platform.settings.kf.accounts) else {
        return Ok(());
    };
    if known.iter().any(|account| account == speaker) {
        return Ok(());
    }
    Err(Refusal::new(65401, format!("/customservice/kf_account: the scenario has no {speaker:?}")))
}

/// `POST /cgi-bin/message/custom/typing`.
pub(crate) async fn typing(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let body = judge::parse(&call.body, call.is_form());
    let openid = body.as_ref().ok().and_then(judge::touser);
    let target = Target { openid, ..platform.count(Endpoint::Typing) };
    let verdict = || match type_to(&platform, &call, body.as_ref(), target) {
        Ok(()) => Reply::ok(),
        Err(reply) => reply,
    };
    answer(&platform, &call.line, target, verdict).await
}

fn type_to(
    platform: &Platform,
    call: &Call,
    body: Result<&Value, &Refusal>,
    target: Target<'_>,
) -> Result<(), Reply> {
    let refuse = |code| platform.refuse(code);
    if !call.is_post() {
        return Err(refuse(43002));
    }
    platform.check_token(call).map_err(refuse)?;
    let body = body.map_err(|refusal| refuse(refusal.code))?;
    if target.openid.is_none() {
        return Err(refuse(40003));
    }
    match body.get("command").and_then(Value::as_str) {
        Some("Typing" | "CancelTyping") => platform.ruled(target),
        Some(_) | None => Err(refuse(45072)),
    }
}
