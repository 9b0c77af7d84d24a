//! The twelve message kinds: what they need, what they refuse, and the exact bytes they become.

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use wxcast::message::{KINDS, Kind};

use crate::support::{APPID, World, openid, repository};

const MINI_APPID: &str = "wxfedcba9876543210";

#[derive(Deserialize)]
struct Shown {
    payload: Box<RawValue>,
}

/// A message of a kind: its table in the campaign, and the object it becomes.
struct Sample {
    kind: &'static str,
    account: &'static str,
    toml: &'static str,
    object: &'static str,
    /// The keys that must be there.
    required: &'static [&'static str],
}

const fn sample(
    kind: &'static str,
    account: &'static str,
    toml: &'static str,
    object: &'static str,
    required: &'static [&'static str],
) -> Sample {
    Sample { kind, account, toml, object, required }
}

const SAMPLES: &[Sample] = &[
    sample(
        "text",
        "official",
        "content = \"a<b>&'/ 中😀\\n{{name}}\"",
        r#"{"content":"a<b>&'/ 中😀\n\"张\"/三"}"#,
        &["content"],
    ),
    sample("text", "mini-program", "content = \"x\"", r#"{"content":"x"}"#, &["content"]),
    sample("image", "official", "media_id = \"M\"", r#"{"media_id":"M"}"#, &["media_id"]),
    sample("image", "mini-program", "media_id = \"M\"", r#"{"media_id":"M"}"#, &["media_id"]),
    sample("voice", "official", "media_id = \"M\"", r#"{"media_id":"M"}"#, &["media_id"]),
    sample(
        "video",
        "official",
        "description = \"d\"\nmedia_id = \"M\"\nthumb_media_id = \"T\"\ntitle = \"t\"",
        r#"{"media_id":"M","thumb_media_id":"T","title":"t","description":"d"}"#,
        &["media_id", "thumb_media_id"],
    ),
    sample(
        "video",
        "official",
        "media_id = \"M\"\nthumb_media_id = \"T\"",
        r#"{"media_id":"M","thumb_media_id":"T"}"#,
        &[],
    ),
    sample(
        "music",
        "official",
        "title = \"t\"\ndescription = \"d\"\nmusicurl = \"https://m\"\nhqmusicurl = \"https://hq\"\nthumb_media_id = \"T\"",
        r#"{"title":"t","description":"d","musicurl":"https://m","hqmusicurl":"https://hq","thumb_media_id":"T"}"#,
        &["title", "description", "musicurl", "thumb_media_id"],
    ),
    sample(
        "music",
        "official",
        "title = \"t\"\ndescription = \"d\"\nmusicurl = \"https://m\"\nthumb_media_id = \"T\"",
        r#"{"title":"t","description":"d","musicurl":"https://m","thumb_media_id":"T"}"#,
        &[],
    ),
    sample(
        "news",
        "official",
        "[[message.news.articles]]\ntitle = \"t\"\ndescription = \"d\"\nurl = \"https://u\"\npicurl = \"https://p\"",
        r#"{"articles":[{"title":"t","description":"d","url":"https://u","picurl":"https://p"}]}"#,
        &["title", "description", "url", "picurl"],
    ),
    sample("mpnews", "official", "media_id = \"M\"", r#"{"media_id":"M"}"#, &["media_id"]),
    sample("mpnewsarticle", "official", "article_id = \"A\"", r#"{"article_id":"A"}"#, &["article_id"]),
    sample(
        "msgmenu",
        "official",
        "head_content = \"h\"\nlist = [{ id = \"101\", content = \"好\" }, { id = \"102\", content = \"不好\" }]\ntail_content = \"t\"",
        r#"{"head_content":"h","list":[{"id":"101","content":"好"},{"id":"102","content":"不好"}],"tail_content":"t"}"#,
        &["list"],
    ),
    sample(
        "msgmenu",
        "official",
        "list = [{ id = \"101\", content = \"好\" }]",
        r#"{"list":[{"id":"101","content":"好"}]}"#,
        &[],
    ),
    sample("wxcard", "official", "card_id = \"C\"", r#"{"card_id":"C"}"#, &["card_id"]),
    sample(
        "miniprogrampage",
        "official",
        "title = \"t\"\nappid = \"wxfedcba9876543210\"\npagepath = \"pages/index?a=1\"\nthumb_media_id = \"T\"",
        r#"{"title":"t","appid":"wxfedcba9876543210","pagepath":"pages/index?a=1","thumb_media_id":"T"}"#,
        &["title", "appid", "pagepath", "thumb_media_id"],
    ),
    sample(
        "miniprogrampage",
        "mini-program",
        "title = \"t\"\npagepath = \"pages/index?a=1\"\nthumb_media_id = \"T\"",
        r#"{"title":"t","pagepath":"pages/index?a=1","thumb_media_id":"T"}"#,
        &["title", "pagepath", "thumb_media_id"],
    ),
    sample(
        "link",
        "mini-program",
        "title = \"t\"\ndescription = \"d\"\nurl = \"https://u\"\nthumb_url = \"https://p\"",
        r#"{"title":"t","description":"d","url":"https://u","thumb_url":"https://p"}"#,
        &["title", "description", "url", "thumb_url"],
    ),
];

fn world(kind: &str, account: &str, toml: &str, more_account: &str) -> World {
    let world = World::new();
    world.file(
        "campaign.toml",
        format!(
            "[campaign]\nid = \"k\"\n[account]\nappid = \"{APPID}\"\nkind = \"{account}\"\n{more_account}\n\
             [audience]\nfile = \"audience.csv\"\n[message.{kind}]\n{toml}\n"
        ),
    );
    world.file("audience.csv", format!("openid,name\n{},\"\"\"张\"\"/三\"\n", openid(1)));
    world
}

fn payload(world: &World) -> String {
    let shown = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0);
    let shown: Vec<Shown> = serde_json::from_str(&shown.stdout).expect("an array of messages");
    shown.first().expect("a message").payload.get().to_owned()
}

fn faults(world: &World) -> Vec<(String, String)> {
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).json();
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let all = plan["diagnostics"].as_array().expect("diagnostics").clone();
    all.iter().map(|one| (text(&one["code"]), text(&one["field"]))).collect()
}

fn codes(world: &World) -> Vec<String> {
    faults(world).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn every_kind_becomes_the_exact_bytes_of_the_platform_s_form() {
    for Sample { kind, account, toml, object, .. } in SAMPLES {
        let bytes = payload(&world(kind, account, toml, ""));
        let to = openid(1);
        let expected = format!(r#"{{"touser":"{to}","msgtype":"{kind}","{kind}":{object}}}"#);
        assert_eq!(bytes, expected, "{kind} of {account}");
        judged(kind, &bytes);
    }
}

#[test]
fn the_service_account_and_the_ai_mark_follow_the_kind_s_object() {
    for Sample { kind, account, toml, object, .. } in SAMPLES {
        let more = "kf_account = \"test1@kftest\"\nai_generated = true";
        let bytes = payload(&world(kind, account, toml, more));
        let to = openid(1);
        let expected = format!(
            r#"{{"touser":"{to}","msgtype":"{kind}","{kind}":{object},"customservice":{{"kf_account":"test1@kftest"}},"aimsgcontext":{{"is_ai_msg":1}}}}"#
        );
        assert_eq!(bytes, expected, "{kind} of {account}");
        judged(kind, &bytes);
    }
}

/// Holds a payload against the schema written by hand from WeChat's page.
fn judged(kind: &str, payload: &str) {
    let schema: Json =
        serde_json::from_str(Kind::find(kind).expect("a kind").wire_schema()).expect("a schema");
    let payload: Json = serde_json::from_str(payload).expect("a payload");
    if let Err(error) = jsonschema::validate(&schema, &payload) {
        panic!("{kind}: {error}: {payload}");
    }
}

#[test]
fn every_kind_has_a_sample_an_example_and_a_wire_schema() {
    for kind in KINDS {
        assert!(SAMPLES.iter().any(|sample| sample.kind == kind.name()), "{kind} has no sample here");
        let example = repository().join("campaigns").join(kind.name());
        assert!(example.join("campaign.toml").is_file() && example.join("audience.csv").is_file(), "{kind}");
        let schema: Json = serde_json::from_str(kind.wire_schema()).expect("a schema");
        assert!(jsonschema::validator_for(&schema).is_ok(), "{kind}");
    }
    let folders = std::fs::read_dir(repository().join("campaigns")).expect("the examples");
    for folder in folders {
        let name = folder.expect("a folder").file_name();
        // One example is of no kind but of who gets it and when.
        let known = name == "win-back" || Kind::find(&name.to_string_lossy()).is_some();
        assert!(known, "{name:?} is no kind");
    }
}

#[test]
fn a_kind_that_an_account_cannot_send_is_refused() {
    for Sample { kind, account, toml, .. } in SAMPLES {
        let other = if *account == "official" { "mini-program" } else { "official" };
        if SAMPLES.iter().any(|sample| sample.kind == *kind && sample.account == other) {
            continue;
        }
        let found = faults(&world(kind, other, toml, ""));
        let expected = ("kind-not-for-account".to_owned(), format!("message.{kind}"));
        assert_eq!(found, [expected], "{kind} of {other}");
    }
}

#[test]
fn a_mini_program_does_not_name_an_appid_and_an_official_account_must() {
    let toml = "title = \"t\"\nappid = \"wxfedcba9876543210\"\npagepath = \"p\"\nthumb_media_id = \"T\"";
    let found = faults(&world("miniprogrampage", "mini-program", toml, ""));
    assert_eq!(found, [("field-not-for-account".into(), "message.miniprogrampage.appid".into())]);
    assert!(toml.contains(MINI_APPID));
    let without = "title = \"t\"\npagepath = \"p\"\nthumb_media_id = \"T\"";
    let found = faults(&world("miniprogrampage", "official", without, ""));
    assert_eq!(found, [("missing-key".into(), "message.miniprogrampage.appid".into())]);
}

#[test]
fn every_required_field_is_missed_when_it_is_not_there() {
    for Sample { kind, account, toml, required, .. } in SAMPLES {
        for field in *required {
            let without: Vec<&str> =
                toml.lines().filter(|line| !line.starts_with(&format!("{field} ="))).collect();
            assert!(without.len() < toml.lines().count(), "{kind} has no line {field}");
            let found = faults(&world(kind, account, &without.join("\n"), ""));
            let at = if *kind == "news" { "message.news.articles[1]" } else { &format!("message.{kind}") };
            assert_eq!(found, [("missing-key".to_owned(), format!("{at}.{field}"))], "{kind} of {account}");
        }
    }
}

#[test]
fn every_required_field_of_an_empty_table_is_missed_at_once() {
    for Sample { kind, account, required, .. } in SAMPLES.iter().filter(|one| one.kind != "news") {
        let found = faults(&world(kind, account, "", ""));
        assert!(found.len() >= required.len(), "{kind}: {found:?}");
        assert!(found.iter().all(|(code, _)| code == "missing-key"), "{kind}: {found:?}");
    }
    assert_eq!(codes(&world("news", "official", "", "")), ["missing-key"]);
    assert_eq!(codes(&world("msgmenu", "official", "list = [{}]", "")), ["missing-key", "missing-key"]);
}

#[test]
fn an_empty_optional_field_is_a_fault_not_an_empty_text() {
    let toml = "media_id = \"M\"\nthumb_media_id = \"T\"\ntitle = \" \"";
    let found = faults(&world("video", "official", toml, ""));
    assert_eq!(found, [("empty-template".into(), "message.video.title".into())]);
}

#[test]
fn a_text_is_measured_in_bytes_once_it_is_filled() {
    for (length, expected) in
        [(2047, &[][..]), (2048, &["field-at-limit"][..]), (2049, &["field-too-long"][..])]
    {
        let fixed = format!("content = \"{}\"", "x".repeat(length));
        assert_eq!(codes(&world("text", "official", &fixed, "")), expected, "{length} bytes in the template");

        // 682 Chinese characters are 2,046 bytes.
        let rest = "x".repeat(length - 2046);
        let world = world("text", "official", "content = \"{{name}}\"", "");
        world.file("audience.csv", format!("openid,name\n{},{}{rest}\n", openid(1), "中".repeat(682)));
        assert_eq!(codes(&world), expected, "{length} bytes in a cell");
    }
}

#[test]
fn a_title_is_measured_in_characters_and_only_warned_of() {
    for (length, expected) in [(64, &[][..]), (65, &["field-long"][..])] {
        let toml = format!(
            "[[message.news.articles]]\ntitle = \"{}\"\ndescription = \"d\"\nurl = \"https://u\"\npicurl = \"https://p\"",
            "题".repeat(length)
        );
        let world = world("news", "official", &toml, "");
        assert_eq!(codes(&world), expected, "{length} characters");
        world.run(&["plan", "campaign.toml"]).exits(0);
    }
}

#[test]
fn one_article_passes_more_are_warned_of_and_nine_refused() {
    let article = "[[message.news.articles]]\ntitle = \"t\"\ndescription = \"d\"\nurl = \"https://u\"\npicurl = \"https://p\"\n";
    for (count, expected, exit) in [
        (1, &[][..], 0),
        (2, &["several-articles"][..], 0),
        (8, &["several-articles"][..], 0),
        (9, &["too-many-articles"][..], 3),
    ] {
        let world = world("news", "official", &article.repeat(count), "");
        assert_eq!(codes(&world), expected, "{count} articles");
        world.run(&["plan", "campaign.toml"]).exits(exit);
    }
    assert_eq!(codes(&world("news", "official", "articles = []", "")), ["empty-list"]);
}

#[test]
fn a_field_that_a_row_leaves_blank_is_the_row_s_fault() {
    let world = world("text", "official", "content = \"{{name}}\"", "");
    world.file("audience.csv", format!("openid,name\n{},\" \"\n", openid(1)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    let fault = &plan["diagnostics"][0];
    assert_eq!(fault["code"], "field-blank");
    assert_eq!((&fault["row"], &fault["line"]), (&1.into(), &2.into()));
    assert_eq!(fault["column"], 30);
    assert_eq!(fault["field"], "message.text.content");
}
