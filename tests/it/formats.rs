//! One sample goes through every format: a plan through those of `plan`, runs through those of `report`. The
//! snapshots beside this file are what each writes; `INSTA_UPDATE=always` writes them anew.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::{Value as Json, json};
use wxcast::campaign::file::Order;
use wxcast::delivery::outcome::Counts;
use wxcast::locale::{Catalog, Language};
use wxcast::plan::skip::Skip;
use wxcast::report::breakdown::{Breakdown, Reason as BreakdownReason, Without};
use wxcast::report::plan::compare::Changes;
use wxcast::report::plan::json::{DiagnosticReport, PlanReport};
use wxcast::report::plan::sample::SampleReport;
use wxcast::report::run::json::{By, ByValue, Happening, Reason, Retries, Run, RunReport, Unknown};
use wxcast::report::run::timeline::{Latency, Part, Timeline};
use wxcast::report::run::times::Times;
use wxcast::report::{Format, PLAN, RUN};

/// What nobody's file may do to a report: end a cell, a block, a tag or a command.
const NASTY: &str = "<script>alert(1)</script> | ``` ]]> @team #12 \"'&% \u{202e}rtl 🎉\n::error::x";

fn fault(code: &str, severity: &str, line: u64, message: &str) -> DiagnosticReport {
    DiagnosticReport {
        code: code.into(),
        severity: severity.into(),
        message: message.into(),
        help: "Do: this, or that.".into(),
        file: "春季,sale:1/audience.csv".into(),
        line: Some(line),
        column: Some(3),
        row: Some(line - 1),
        field: Some("message.text.content".into()),
    }
}

/// Rows that get nothing, by a list with a name of the worst kind.
fn without((why, rows): (Skip, u64)) -> Without {
    let source = (why == Skip::Excluded).then(|| NASTY.to_owned());
    Without { reason: BreakdownReason::Files(why), source, rows, remedy: None, cap: None }
}

fn plan() -> PlanReport {
    let mut diagnostics: Vec<DiagnosticReport> =
        (2..13).map(|line| fault("cell-blank", "error", line, "The cell of `name` is blank.")).collect();
    diagnostics.push(fault("field-long", "warning", 20, NASTY));
    diagnostics.push(DiagnosticReport {
        line: None,
        column: None,
        row: None,
        ..fault("odd-url", "warning", 2, "100% odd")
    });
    let sample = SampleReport {
        row: 1,
        openid: "oTE***0001".into(),
        payload: json!({ "touser": "oTE***0001", "msgtype": "text", "text": { "content": NASTY } }),
        text: format!("── Row 1 · oTE***0001 · text\n│ {NASTY}\n"),
    };
    PlanReport {
        campaign: Some("spring".into()),
        wave: Some(2),
        appid: Some("wx0123456789abcdef".into()),
        title: Some("Spring, with a smile".into()),
        kind: Some("text".into()),
        destination: Some("local".into()),
        hosts: vec!["http://127.0.0.1:8045".into()],
        token_command: Some(vec!["get-token".into(), "--spring".into()]),
        plan: Some(format!("plan:{}", "ef".repeat(32))),
        encoding: Some("GB18030".into()),
        sheet: None,
        digest: format!("sha256:{}", "ab".repeat(32)),
        rows: 40,
        planned: 20,
        skipped: 7,
        skipped_by_reason: [("duplicate", 7), ("hidden", 0), ("invalid", 13)]
            .map(|(why, rows)| (why.to_owned(), rows))
            .into(),
        invalid: 13,
        forecast_seconds: 3725,
        lists: Vec::new(),
        windows: None,
        caps: None,
        ramp: None,
        policies: vec!["../policy.toml".into()],
        breakdown: Breakdown {
            rows: 40,
            without: [(Skip::Duplicate, 7), (Skip::Excluded, 6), (Skip::Invalid, 7)].map(without).into(),
            to_send: 20,
            order: Some(Order::File),
            begins: Some("2026-11-27T09:00:00+08:00[Asia/Shanghai]".parse().expect("a time")),
            ends: None,
            in_steps: false,
            asks: false,
        },
        uploads: Vec::new(),
        diagnostics,
        // One of them is only counted.
        errors: 12,
        warnings: 2,
        changes: Some(Changes {
            digest: format!("sha256:{}", "cd".repeat(32)),
            earlier_hosts: Some(vec!["https://api.weixin.qq.com".into()]),
            earlier_token_command: Some(Vec::new()),
            added: 2,
            removed: 25,
            changed: 1,
            unchanged: 17,
            reordered: true,
            added_rows: vec![4, 40],
            removed_rows: (1..=25).collect(),
            changed_rows: vec![7],
        }),
        samples: Some(vec![sample]),
        messages: Some(vec!["AQIDBAUGBwgJCg==".into()]),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).expect("a time")
}

fn reason(status: &str, errcode: Option<i64>, incident: Option<&str>, count: u64) -> Reason {
    Reason {
        status: status.into(),
        errcode,
        incident: incident.map(str::to_owned),
        known: errcode.map(|code| code != 99_999),
        count,
        meaning: errcode.filter(|code| *code != 0).map(|_| "What it means.".into()),
        advice: (errcode != Some(0)).then(|| NASTY.into()),
    }
}

fn part(second: i64, sent: u64, unknown: u64, latency: Option<(u32, u32)>) -> Part {
    let latency_ms = latency.map(|(median, p95)| Latency { median, p95, max: p95 + 1 });
    Part { from: at(second), sent, refused: 1, failed: 0, unknown, again: 2, latency_ms }
}

fn happenings() -> Vec<Happening> {
    let token = Happening {
        at: at(101),
        what: "token".into(),
        why: "refused".into(),
        from: Some("forced".into()),
        ok: Some(true),
        errcode: None,
        per_second: None,
        text: NASTY.into(),
    };
    let pace = Happening {
        at: at(102),
        what: "pace".into(),
        why: "throttled".into(),
        from: None,
        ok: None,
        per_second: Some(2.5),
        text: "Slower.".into(),
        ..token.clone()
    };
    vec![token, pace]
}

fn runs() -> RunReport {
    let counts = Counts { sent: 30, refused: 2, failed: 1, unknown: 3, skipped: 4, unsent: 5 };
    let run = |run, ended, exit: Option<&str>, reason: Option<&str>| Run {
        run,
        started: at(run * 100),
        ended,
        exit: exit.map(str::to_owned),
        reason: reason.map(str::to_owned),
        why: reason.map(|_| "WeChat's quota was used up.".into()),
        digest: format!("sha256:{}", "ab".repeat(32)),
        planned: 41,
        requests: ended.map(|_| 12),
        counts: ended.map(|_| counts),
        happenings: if run == 1 { happenings() } else { Vec::new() },
        more_happenings: if run == 1 { 7 } else { 0 },
    };
    let unknown = |row, incident: &str| Unknown {
        row: Some(row),
        openid: "oTE***0001".into(),
        incident: Some(incident.into()),
        at: at(101),
        attempts: 2,
    };
    RunReport {
        campaign: "spring".into(),
        title: Some("Spring sale".into()),
        wave: 2,
        appid: "wx0123456789abcdef".into(),
        kind: "text".into(),
        destination: "real".into(),
        digest: Some(format!("sha256:{}", "ab".repeat(32))),
        running: true,
        doubt: None,
        counts,
        by: vec![By { column: NASTY.into(), values: vec![ByValue { value: NASTY.into(), counts }] }],
        settled_by_hand: 2,
        in_flight: 1,
        gone: 6,
        altered: 7,
        requests: 48,
        first: Some(at(100)),
        last: Some(at(204)),
        latency_ms: Some(Latency { median: 20, p95: 80, max: 900 }),
        reasons: vec![
            reason("sent", Some(0), None, 30),
            reason("refused", Some(45015), None, 1),
            reason("refused", Some(99_999), None, 1),
            reason("failed", None, Some("not-connected"), 1),
            reason("unknown", None, Some("timeout"), 2),
            reason("unknown", None, Some("in-flight"), 1),
        ],
        retries: Retries {
            messages: 3,
            attempts: 4,
            token: 1,
            reasons: vec![reason("unsent", Some(42001), None, 1), reason("unsent", Some(-1), None, 3)],
        },
        token_fetches: 1,
        runs: vec![run(1, Some(at(160)), Some("paused"), Some("quota 45009")), run(2, None, None, None)],
        times: Some(Times { accepted: [(3, 40)].into(), refused: [(41, 12)].into(), hours_off: Some(8) }),
        times_off: Some(format!("The times look 8 hours off. {NASTY}")),
        timeline: vec![Timeline {
            run: 1,
            seconds: 5,
            parts: vec![
                part(100, 10, 0, Some((20, 80))),
                part(105, 0, 0, None),
                part(110, 20, 4, Some((30, 60))),
            ],
        }],
        unknown: vec![unknown(3, "timeout"), unknown(9, "in-flight")],
        zone: TimeZone::fixed(jiff::tz::offset(8)),
    }
}

fn written<R>(format: &Format<R>, report: &R, language: Language) -> String {
    let mut out = Vec::new();
    (format.write)(report, &Catalog::new(language), &mut out).expect("a written report");
    // A release changes no snapshot.
    String::from_utf8(out).expect("UTF-8").replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn a_plan_is_written_in_every_format_as_before() {
    for format in PLAN {
        let text = without_other_rules(format.name, written(format, &plan(), Language::En));
        insta::assert_snapshot!(format!("plan-{}", format.name), text);
    }
}

/// Takes out the rules that the sample breaks none of, so that a new one changes no snapshot.
fn without_other_rules(format: &str, text: String) -> String {
    match format {
        "junit" => {
            let passed =
                Regex::new("(?m)^ *<testcase name=\"[a-z-]+\" classname=\"[^\"]*\"/>\n").expect("a pattern");
            let counts = Regex::new("tests=\"[0-9]+\"").expect("a pattern");
            counts.replace_all(&passed.replace_all(&text, ""), "tests=\"N\"").into_owned()
        }
        "sarif" => {
            let mut log: Json = serde_json::from_str(&text).expect("JSON");
            let broken = ["cell-blank", "field-long", "odd-url"];
            let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().expect("rules");
            rules.retain(|rule| rule["id"].as_str().is_some_and(|id| broken.contains(&id)));
            for result in log["runs"][0]["results"].as_array_mut().expect("results") {
                result["ruleIndex"] = "N".into();
            }
            serde_json::to_string_pretty(&log).expect("JSON") + "\n"
        }
        _ => text,
    }
}

#[test]
fn runs_are_written_in_every_format_as_before() {
    for format in RUN {
        // The style of a page is looked at in a browser.
        let text = written(format, &runs(), Language::En);
        let text = match (text.find("<style>"), text.find("</style>")) {
            (Some(from), Some(to)) => format!("{}{}", &text[..from], &text[to + "</style>".len()..]),
            _ => text,
        };
        insta::assert_snapshot!(format!("report-{}", format.name), text);
    }
}

#[test]
fn every_format_speaks_both_languages() {
    for format in PLAN {
        let chinese = written(format, &plan(), Language::ZhCn);
        assert!(!chinese.contains("plan.") && !chinese.contains("Sample messages"), "{}", format.name);
    }
    for format in RUN {
        let chinese = written(format, &runs(), Language::ZhCn);
        assert!(!chinese.contains("report.") && !chinese.contains("Outcomes"), "{}", format.name);
    }
}

#[test]
fn no_two_formats_of_a_command_have_one_name() {
    let plans: BTreeSet<&str> = PLAN.iter().map(|format| format.name).collect();
    let runs: BTreeSet<&str> = RUN.iter().map(|format| format.name).collect();
    assert_eq!((plans.len(), runs.len()), (PLAN.len(), RUN.len()));
}

#[test]
fn nothing_from_a_file_is_a_tag_in_a_page() {
    let html = written(&RUN[0], &runs(), Language::En);
    assert!(html.contains("&lt;script&gt;alert(1)"), "the text is shown");
    assert!(!html.contains("<script"), "and is no script");
    for forbidden in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}
