//! What only the platform can tell: token, address, clock, permission, service account, quota.

use jiff::SignedDuration;

use crate::api_base::ApiBase;
use crate::cli::command::doctor::{Found, Patient};
use crate::cli::exit_code::Exit;
use crate::cli::origin::SecretOrigin;
use crate::cli::platform::Platform;
use crate::cli::refusal;
use crate::cli::terminal::Terminal;
use crate::message::AccountKind;
use crate::report::plan::text::length;
use crate::send::execution::quota::{Asked, ask as ask_quota};
use crate::wechat::account::{CallError, KfAccount, Quota, kf_accounts};
use crate::wechat::answer::errmsg::refused_ip;
use crate::wechat::answer::reply::{Answer, Failure, Unclear};
use crate::wechat::certificates::more_certificates;
use crate::wechat::people::tags;
use crate::wechat::proxy::from_environment;
use crate::wechat::token::error::TokenError;

/// A clock that is further off than this is worth a look: logs and results carry its times.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// Refusals of the address that asks for a token (docs/platform.md#ip-list, docs/platform.md#token-errors).
const ADDRESS: [i64; 9] = [40164, 61004, 89501, 89502, 89503, 89504, 89505, 89506, 89507];
/// The account has no right to a call (docs/platform.md#error-codes).
const UNAUTHORIZED: i64 = 48001;
/// The new customer service is not switched on (docs/platform.md#service-accounts).
const NO_CUSTOMER_SERVICE: i64 = 65400;

/// What the platform said.
pub(crate) struct PlatformAnswers {
    /// The token, or why there is none, with the sentence that says so.
    token: Result<(), (TokenError, String)>,
    /// The service accounts, asked for where there is a token.
    kf_list: Option<Result<Vec<KfAccount>, CallError>>,
    /// The tags, likewise: who may list them may list people, too.
    tags: Option<Result<usize, CallError>>,
    /// The quota, likewise.
    quota: Option<Asked>,
    skew: Option<SignedDuration>,
    /// The host that stood in for the first one.
    elsewhere: Option<ApiBase>,
    secret: SecretOrigin,
}

impl PlatformAnswers {
    /// Whether there were answers, and not one of them the platform's: of a login page, say, or of a gateway that passes
    /// nothing on. A token that the platform gave just now is an answer of its own.
    fn answered_by_a_stranger(&self) -> bool {
        let gave_token = match self.secret {
            SecretOrigin::Variable(_) | SecretOrigin::File(_) | SecretOrigin::Simulator => true,
            SecretOrigin::Given | SecretOrigin::Command => false,
        };
        let of_quota = match &self.quota {
            Some(Asked::NotTold(error)) => Some(error),
            Some(Asked::Told(_) | Asked::TooSlow | Asked::NoToken) | None => None,
        };
        let is_strange = |error: Option<&CallError>| match error {
            Some(CallError::NoAnswer(Failure::Unclear(Unclear::Status(_) | Unclear::Unreadable(_))))
            | Some(CallError::NoAnswer(Failure::Declined { .. })) => true,
            Some(CallError::NoAnswer(
                Failure::NotConnected(_)
                | Failure::TurnedAway { .. }
                | Failure::Unclear(Unclear::TimedOut | Unclear::Broken),
            ))
            | Some(CallError::Answered(_))
            | None => false,
        };
        let of_list = self.kf_list.as_ref().and_then(|list| list.as_ref().err());
        self.token.is_ok() && !gave_token && is_strange(of_list) && is_strange(of_quota)
    }
}

/// Asks the platform everything, a new token first: a kept one would say nothing of secret and address.
pub(crate) fn ask(platform: &Platform, kind: AccountKind, terminal: &Terminal) -> PlatformAnswers {
    let is_official = kind == AccountKind::Official;
    let origin = &platform.origin;
    let (client, tokens) = (&platform.client, &platform.tokens);
    platform.runtime.block_on(async {
        let mut told = PlatformAnswers {
            token: Ok(()),
            kf_list: None,
            tags: None,
            quota: None,
            skew: None,
            elsewhere: None,
            secret: origin.secret().clone(),
        };
        match tokens.fresh().await {
            Err(error) => {
                let sentence = refusal::token(&error, Some(origin)).say(&terminal.words);
                told.token = Err((error, sentence));
            }
            Ok(token) => {
                told.kf_list = Some(kf_accounts(client, &token).await);
                if is_official {
                    told.tags = Some(tags(client, &token).await.map(|tags| tags.len()));
                }
                told.quota = Some(ask_quota(client, tokens).await);
            }
        }
        told.skew = client.skew();
        told.elsewhere = client.stood_in().into_iter().next().map(|(host, _)| host);
        told
    })
}

pub(crate) fn token(patient: &Patient<'_>) -> Found {
    let Some(told) = &patient.told else {
        let unreached = from_environment().is_err() || more_certificates().is_err();
        if !patient.hosts.first().is_loopback() && unreached {
            return unknown(patient);
        }
        return Found::fault(
            patient.sentence("token.no-secret", &[]),
            Some(patient.sentence("token.no-secret-help", &[])),
        );
    };
    let host = patient.hosts.first();
    if let Some(Err(CallError::NoAnswer(failure @ Failure::NotConnected(_)))) = &told.kf_list {
        let help = refusal::token(&TokenError::NoAnswer(failure.clone()), None).say(&patient.terminal.words);
        return Found::fault(patient.sentence("token.unreachable", &[("host", host)]), Some(help));
    }
    if told.answered_by_a_stranger() {
        let help = patient.sentence("token.stranger-help", &[]);
        return Found::fault(patient.sentence("token.stranger", &[("host", host)]), Some(help));
    }
    match (&told.token, refused_token(told)) {
        (Err((_, sentence)), _) => Found::fault(patient.sentence("token.none", &[]), Some(sentence.clone())),
        (Ok(()), Some(answer)) => Found::fault(
            patient.sentence("token.refused", &[("code", &answer.code), ("errmsg", &answer.errmsg.text())]),
            Some(advice(answer.code, patient)),
        ),
        (Ok(()), None) => {
            let key = match told.secret {
                SecretOrigin::Given => "token.given",
                SecretOrigin::Command => "token.command",
                SecretOrigin::Variable(_) | SecretOrigin::File(_) | SecretOrigin::Simulator => {
                    "token.fetched"
                }
            };
            match &told.elsewhere {
                None => Found::ok(patient.sentence(key, &[("host", host)])),
                Some(other) => {
                    let places: [(&str, &dyn std::fmt::Display); 2] = [("host", host), ("other", other)];
                    Found::warning(patient.sentence("token.elsewhere", &places), None)
                }
            }
        }
    }
}

/// The answer of a call that refused the token.
fn refused_token(told: &PlatformAnswers) -> Option<&Answer> {
    match &told.kf_list {
        Some(Err(CallError::Answered(answer))) if [40001, 40014, 42001].contains(&answer.code) => {
            Some(answer)
        }
        Some(Ok(_) | Err(_)) | None => None,
    }
}

pub(crate) fn ip(patient: &Patient<'_>) -> Found {
    let Some(told) = &patient.told else { return unknown(patient) };
    match &told.token {
        Err((TokenError::Answered { code, errmsg }, _)) if ADDRESS.contains(code) => {
            let message = match refused_ip(errmsg.raw()) {
                Some(ip) => patient.sentence("ip.refused", &[("ip", &ip), ("code", code)]),
                None => patient.sentence("ip.refused-unnamed", &[("code", code)]),
            };
            Found::fault(message, Some(advice(*code, patient)))
        }
        Err(_) => unknown(patient),
        Ok(()) => match told.secret {
            // The list is about those who ask for tokens; calls with a token are not held against it
            // (docs/platform.md#ip-list).
            SecretOrigin::Given | SecretOrigin::Command => Found::ok(patient.sentence("ip.not-asked", &[])),
            SecretOrigin::Variable(_) | SecretOrigin::File(_) | SecretOrigin::Simulator => {
                Found::ok(patient.sentence("ip.accepted", &[]))
            }
        },
    }
}

pub(crate) fn clock(patient: &Patient<'_>) -> Found {
    let Some(told) = &patient.told else { return unknown(patient) };
    let skew = match told.skew {
        _ if told.answered_by_a_stranger() => {
            return Found::warning(patient.sentence("clock.stranger", &[]), None);
        }
        Some(skew) => skew,
        None if told.token.is_ok() => return Found::warning(patient.sentence("clock.untold", &[]), None),
        None => return unknown(patient),
    };
    if skew.abs() <= SKEW {
        return Found::ok(patient.sentence("clock.right", &[]));
    }
    let off = length(skew.unsigned_abs().as_secs(), &patient.terminal.words);
    let key = if skew.is_positive() { "clock.slow" } else { "clock.fast" };
    Found::warning(patient.sentence(key, &[("off", &off)]), Some(patient.sentence("clock.help", &[])))
}

pub(crate) fn permission(patient: &Patient<'_>) -> Found {
    match patient.told.as_ref().and_then(|told| told.kf_list.as_ref()) {
        None => unknown(patient),
        Some(Ok(_)) => Found::ok(patient.sentence("permission.granted", &[])),
        Some(Err(CallError::Answered(answer))) if answer.code == UNAUTHORIZED => {
            let message = patient.sentence("permission.missing", &[("code", &answer.code)]);
            // Whether the list tells anything of a mini program is written nowhere.
            let help = Some(advice(answer.code, patient));
            match patient.campaign.account.kind {
                AccountKind::Official => Found::fault(message, help),
                AccountKind::MiniProgram => Found::warning(message, help),
            }
        }
        Some(Err(error)) => not_told(patient, error),
    }
}

/// Whether `wxcast audience` may fetch people. Nothing of that is needed to send.
pub(crate) fn audience(patient: &Patient<'_>) -> Found {
    let campaign = patient.campaign;
    let source = &campaign.audience.source;
    if source.fetched && !source.path.is_file() {
        let help = Some(patient.sentence("audience.not-fetched-help", &[]));
        return Found::fault(patient.sentence("audience.not-fetched", &[]), help).stops_send(Exit::Invalid);
    }
    if campaign.account.kind == AccountKind::MiniProgram {
        return Found::ok(patient.sentence("audience.mini-program", &[]));
    }
    match patient.told.as_ref().and_then(|told| told.tags.as_ref()) {
        None => unknown(patient),
        Some(Ok(count)) => Found::ok(patient.sentence("audience.granted", &[("count", count)])),
        Some(Err(CallError::Answered(answer))) => {
            let places: [(&str, &dyn std::fmt::Display); 2] =
                [("code", &answer.code), ("errmsg", &answer.errmsg.text())];
            Found::warning(patient.sentence("audience.missing", &places), Some(advice(answer.code, patient)))
        }
        Some(Err(error @ CallError::NoAnswer(_))) => not_told(patient, error),
    }
}

pub(crate) fn kf_account(patient: &Patient<'_>) -> Found {
    let Some(wanted) = &patient.campaign.account.kf_account else {
        return Found::ok(patient.sentence("kf-account.none", &[]));
    };
    let known = match patient.told.as_ref().and_then(|told| told.kf_list.as_ref()) {
        None => return unknown(patient),
        Some(Err(CallError::Answered(answer))) if answer.code == NO_CUSTOMER_SERVICE => {
            let message = patient.sentence("kf-account.off", &[("code", &answer.code)]);
            return Found::fault(message, Some(advice(answer.code, patient)));
        }
        Some(Err(error)) => return not_told(patient, error),
        Some(Ok(known)) => known,
    };
    match known.iter().find(|known| known.name == *wanted) {
        None => Found::fault(
            patient.sentence("kf-account.unknown", &[("account", wanted)]),
            Some(patient.sentence("kf-account.unknown-help", &[])),
        ),
        Some(KfAccount { bound: None, .. }) => Found::warning(
            patient.sentence("kf-account.unbound", &[("account", wanted)]),
            Some(advice(65402, patient)),
        ),
        Some(_) => Found::ok(patient.sentence("kf-account.known", &[("account", wanted)])),
    }
}

pub(crate) fn quota(patient: &Patient<'_>) -> Found {
    let day = match told_quota(patient) {
        Ok(quota) => quota.day,
        Err(found) => return found,
    };
    match day {
        None => Found::warning(patient.sentence("quota.untold", &[]), None),
        Some(day) if day.remain == 0 => Found::warning(
            patient.sentence("quota.used-up", &[("limit", &day.limit)]),
            Some(advice(45009, patient)),
        ),
        Some(day) => {
            Found::ok(patient.sentence("quota.left", &[("remain", &day.remain), ("limit", &day.limit)]))
        }
    }
}

pub(crate) fn rate(patient: &Patient<'_>) -> Found {
    let limit = match told_quota(patient) {
        Ok(quota) => quota.rate,
        Err(found) => return found,
    };
    let ceiling = patient.campaign.send.ceiling();
    let shown = format!("{ceiling:.0}");
    match limit {
        None => Found::ok(patient.sentence("rate.untold", &[("rate", &shown)])),
        Some(limit) => {
            let places: [(&str, &dyn std::fmt::Display); 3] =
                [("rate", &shown), ("calls", &limit.calls), ("seconds", &limit.seconds)];
            if limit.is_exceeded_by(ceiling) {
                Found::warning(
                    patient.sentence("rate.above", &places),
                    Some(patient.sentence("rate.help", &[])),
                )
            } else {
                Found::ok(patient.sentence("rate.within", &places))
            }
        }
    }
}

fn told_quota(patient: &Patient<'_>) -> Result<Quota, Found> {
    match patient.told.as_ref().and_then(|told| told.quota.as_ref()) {
        None | Some(Asked::NoToken) => Err(unknown(patient)),
        Some(Asked::TooSlow) => Err(Found::warning(patient.sentence("no-answer", &[]), None)),
        Some(Asked::NotTold(error)) => Err(not_told(patient, error)),
        Some(Asked::Told(quota)) => Ok(*quota),
    }
}

/// What a code means and what to do about it.
fn advice(code: i64, patient: &Patient<'_>) -> String {
    refusal::advice(code).say(&patient.terminal.words)
}

/// Without a token nothing more can be asked.
fn unknown(patient: &Patient<'_>) -> Found {
    Found::warning(patient.sentence("unknown", &[]), None)
}

fn not_told(patient: &Patient<'_>, error: &CallError) -> Found {
    match error {
        CallError::Answered(answer) => Found::warning(
            patient.sentence("not-told", &[("code", &answer.code), ("errmsg", &answer.errmsg.text())]),
            Some(advice(answer.code, patient)),
        ),
        CallError::NoAnswer(_) => Found::warning(patient.sentence("no-answer", &[]), None),
    }
}
