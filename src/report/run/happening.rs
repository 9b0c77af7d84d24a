//! What happened during a run beside its messages, as a report tells it.

use crate::delivery::notice::Notice;
use crate::journal::identity::RunKey;
use crate::journal::notice::Noticed;
use crate::locale::Catalog;
use crate::report::run::json::Happening;
use crate::report::run::stopped::why;
use crate::wechat::answer::error_code;
use crate::wechat::token::fetch::TokenFetch;

/// So many of a run are told.
const TOLD: usize = 200;

/// How often something was asked for a token.
pub(crate) fn token_fetches(notices: &[Noticed]) -> u64 {
    let fetches = notices.iter().filter(|noticed| match &noticed.what {
        Notice::Token(fetch) => fetch.from.is_fetch(),
        Notice::Pace { .. } | Notice::Stopping { .. } => false,
    });
    u64::try_from(fetches.count()).expect("a count of what is in memory")
}

/// What happened during a run, and how many things more.
pub(crate) fn of_run(run: RunKey, notices: &[Noticed], words: &Catalog) -> (Vec<Happening>, u64) {
    let mut of_run = notices.iter().filter(|noticed| noticed.run == run);
    let told: Vec<Happening> = of_run.by_ref().take(TOLD).map(|noticed| told(noticed, words)).collect();
    (told, u64::try_from(of_run.count()).expect("a count of what is in memory"))
}

fn told(noticed: &Noticed, words: &Catalog) -> Happening {
    let blank = Happening {
        at: noticed.at,
        what: String::new(),
        why: String::new(),
        from: None,
        ok: None,
        errcode: None,
        per_second: None,
        text: String::new(),
    };
    match &noticed.what {
        Notice::Token(fetch) => Happening {
            what: "token".to_owned(),
            why: fetch.why.name().to_owned(),
            from: Some(fetch.from.name().to_owned()),
            ok: Some(fetch.ok),
            errcode: fetch.errcode,
            text: token(fetch, words),
            ..blank
        },
        Notice::Pace { per_second, why } => Happening {
            what: "pace".to_owned(),
            why: why.name().to_owned(),
            per_second: Some(*per_second),
            text: words.say(
                &format!("report.happening.pace.{}", why.name()),
                &[("rate", &format!("{per_second:.1}"))],
            ),
            ..blank
        },
        Notice::Stopping { reason } => Happening {
            what: "stopping".to_owned(),
            why: reason.to_string(),
            text: words.say("report.happening.stopping", &[("why", &why(reason, words))]),
            ..blank
        },
    }
}

fn token(fetch: &TokenFetch, words: &Catalog) -> String {
    let came = if fetch.ok { "token" } else { "no-token" };
    let what = words.say(&format!("report.happening.{came}.{}", fetch.from.name()), &[]);
    let why = words.say(&format!("report.happening.need.{}", fetch.why.name()), &[]);
    match fetch.errcode {
        None => words.say("report.happening.because", &[("what", &what), ("why", &why)]),
        Some(code) => {
            let meaning = words.say(&format!("errcode.{}.meaning", error_code::key(code)), &[]);
            words.say(
                "report.happening.refused",
                &[("what", &what), ("why", &why), ("code", &code), ("meaning", &meaning)],
            )
        }
    }
}
