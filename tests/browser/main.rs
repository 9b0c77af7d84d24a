//! The pages as a browser shows them. This takes some seconds, more than any other test: a browser has to be
//! started, and to draw and picture each page twice. So there is one test and one browser for all pages, and a test
//! binary of its own: a browser beside tests that measure time would spoil their figures.

mod chromium;
mod console;
#[allow(dead_code, unreachable_pub, reason = "the builder of all tests, of which this one needs little")]
#[path = "../it/support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use regex::Regex;
use serde_json::Value as Json;
use wxcast::message::{KINDS, Kind};

use crate::chromium::Browser;
use crate::support::{World, openid, repository};

/// A phone by day and a desk by night: what stands where does not depend on the colours.
const SCREENS: [(u32, &str); 2] = [(375, "light"), (1440, "dark")];

#[test]
fn pages_look_right_in_a_browser_at_every_width_in_light_and_dark() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let Some(browser) = Browser::start().await else { return };
        for kind in KINDS {
            every_text_of_a_kind_is_there(&browser, *kind).await;
        }
        what_a_cell_holds_is_text_and_nothing_else(&browser).await;
        a_local_picture_is_shown_from_the_page_itself(&browser).await;
        a_report_says_in_its_table_what_a_run_came_to(&browser).await;
        a_page_renews_itself_and_shows_faults_in_its_place(&browser).await;
        console::a_console_is_walked_through_by_keyboard(&browser).await;
        browser.close().await;
    });
}

async fn every_text_of_a_kind_is_there(browser: &Browser, kind: Kind) {
    let world = World::new();
    let campaign = repository().join("campaigns").join(kind.name()).join("campaign.toml");
    let campaign = campaign.to_str().expect("a path");
    let language = if kind.name() < "n" { "zh-CN" } else { "en" };
    let preview = |more: &[&str]| {
        world.run(&[&["preview", campaign, "--pick", "8", "--lang", language], more].concat())
    };
    preview(&["--format", "html", "-o", "preview.html"]).exits(0);
    let messages = preview(&["--format", "json"]).exits(0).json();
    browser.open(&format!("file://{}", world.path("preview.html").display())).await;
    looks_right(browser, kind.name()).await;
    texts_equal_payloads(browser, kind, &messages).await;
    let requests = browser.requests().await;
    assert_eq!(requests.len(), 1, "the page and nothing else: {requests:#?}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        picture_for_the_manual(browser, kind).await;
    }
}

/// Keeps what the first message looks like on a phone: the manual shows one of each kind.
async fn picture_for_the_manual(browser: &Browser, kind: Kind) {
    browser.show(SCREENS[0].0, SCREENS[0].1).await;
    let picture = browser.picture_of(".phone").await;
    let folder = repository().join("docs/pictures");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("{kind}.png")), picture).expect("a written picture");
}

/// Holds the page that is open to everything that is asked of a page, and keeps a picture of it.
async fn looks_right(browser: &Browser, name: &str) {
    for (width, scheme) in SCREENS {
        browser.show(width, scheme).await;
        for look in ["overflows", "overlaps", "pale", "unnamed"] {
            let wrong = browser.look(look).await;
            assert_eq!(wrong, Json::Array(Vec::new()), "{name} at {width}, {scheme}: {look}");
        }
        let found = browser.axe().await;
        assert_eq!(found, Json::Array(Vec::new()), "{name} at {width}, {scheme}: axe-core");
        browser.picture(&format!("{name}-{width}"), width).await;
    }
    // On A4 with the page's own margins; what is cut off there, nobody can scroll to.
    browser.show_on_paper(688).await;
    for look in ["overflows", "overlaps", "pale", "scrolls"] {
        let wrong = browser.look(look).await;
        assert_eq!(wrong, Json::Array(Vec::new()), "{name} on paper: {look}");
    }
    browser.print(name).await;
    browser.show(SCREENS[1].0, SCREENS[1].1).await;
    assert_eq!(browser.console().await, Vec::<String>::new(), "{name}");
}

async fn texts_equal_payloads(browser: &Browser, kind: Kind, messages: &Json) {
    let samples = browser.look("samples").await;
    let (samples, messages) = (samples.as_array().expect("samples"), messages.as_array().expect("messages"));
    assert_eq!(samples.len(), messages.len(), "{kind}");
    for (sample, message) in samples.iter().zip(messages) {
        let mut texts = Vec::new();
        leaves(None, &message["payload"][kind.name()], &mut texts);
        assert!(!texts.is_empty(), "{kind}");
        for (key, text) in texts {
            let on_phone = ["content", "title", "description", "head_content", "tail_content"].contains(&key);
            let side = if on_phone { "phone" } else { "beside" };
            let shown = sample[side].as_array().expect("texts");
            assert!(shown.contains(&text.clone().into()), "{kind}: {text:?} is not {side}: {sample:#}");
        }
    }
}

/// Every text of a payload by its key; links of a text as they are seen.
fn leaves<'p>(key: Option<&'p str>, value: &'p Json, texts: &mut Vec<(&'p str, String)>) {
    match value {
        Json::Object(map) => map.iter().for_each(|(key, value)| leaves(Some(key), value, texts)),
        Json::Array(items) => items.iter().for_each(|item| leaves(key, item, texts)),
        Json::String(text) => {
            let tags = Regex::new("<a [^>]*>|</a>").expect("a pattern");
            texts.push((key.expect("a key"), tags.replace_all(text, "").replace("\r\n", "\n")));
        }
        other => panic!("{other} is no text"),
    }
}

async fn what_a_cell_holds_is_text_and_nothing_else(browser: &Browser) {
    let cells = [
        "<script>window.hacked = 1</script>",
        "<img src=x onerror=window.hacked=1>",
        "\"></p><style>*{display:none}</style>",
        "it's & 'quoted' \"twice\" `back` {{name}} ${1}",
        "مرحبا بالعالم 123",
        "👩‍👩‍👧‍👦🇨🇳😀 é 中文",
        "a  b\tc\nd",
    ];
    let world = World::new();
    world.text_campaign("[{{name}}]", "");
    let mut csv = String::from("openid,name\n");
    for (index, cell) in cells.iter().enumerate() {
        csv.push_str(&format!("{},\"{}\"\n", openid(index), cell.replace('"', "\"\"")));
    }
    world.file("audience.csv", csv);
    world
        .run(&["preview", "campaign.toml", "--limit", "9", "--format", "html", "-o", "preview.html"])
        .exits(0);
    browser.open(&format!("file://{}", world.path("preview.html").display())).await;
    looks_right(browser, "cells").await;
    let samples = browser.look("samples").await;
    for (index, cell) in cells.iter().enumerate() {
        let phone = samples[index]["phone"].as_array().expect("texts");
        assert!(phone.contains(&format!("[{cell}]").into()), "{cell:?} is not in {phone:?}");
        let beside = samples[index]["beside"].as_array().expect("texts");
        assert!(beside.contains(&(*cell).into()), "{cell:?} is not in {beside:?}");
    }
    let tags =
        "return [typeof window.hacked, document.scripts.length, document.querySelectorAll('img').length]";
    assert_eq!(browser.run(tags).await, serde_json::json!(["undefined", 0, 0]));
    browser.press('\t').await;
    assert_eq!(browser.run("return document.activeElement.className").await, "skip", "the first stop of Tab");
    browser.requests().await;
}

async fn a_report_says_in_its_table_what_a_run_came_to(browser: &Browser) {
    let world = World::golden();
    world.run(&["report", "campaign.toml", "--format", "html", "-o", "report.html"]).exits(0);
    browser.requests().await;
    browser.open(&format!("file://{}", world.path("report.html").display())).await;
    looks_right(browser, "report").await;
    let requests = browser.requests().await;
    assert_eq!(requests.len(), 1, "the page and nothing else: {requests:#?}");
    // A run of a second is told in numbers: there is nothing to draw but a block.
    let drawn = "return document.querySelectorAll('svg').length";
    assert_eq!(browser.run(drawn).await, 0);
    let row =
        "return [...document.querySelectorAll('details[open] tbody td')].map(cell => Number(cell.innerText))";
    let row = browser.run(row).await;
    let numbers: Vec<i64> = row.as_array().expect("cells").iter().filter_map(Json::as_i64).collect();
    assert_eq!(numbers.len(), 7, "{row}");
    assert_eq!((numbers[0], numbers[1], numbers[2] + numbers[3], numbers[4]), (3, 2, 3, 1), "{row}");
    // Nothing has to be scrolled on a phone either.
    browser.show(SCREENS[0].0, SCREENS[0].1).await;
    assert_eq!(browser.look("scrolls").await, Json::Array(Vec::new()), "a report at {}", SCREENS[0].0);
}

/// A picture of one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT\x08\xd7c\xf8\xcf\xc0\0\0\x03\x01\x01\0\x18\xdd\x8d\xb0\0\0\0\0IEND\xaeB`\x82";

async fn a_local_picture_is_shown_from_the_page_itself(browser: &Browser) {
    let world = World::with_recipients(2);
    let toml = world.read("campaign.toml");
    let (head, _) = toml.split_once("[message").expect("a message");
    let news = "[[message.news.articles]]\ntitle = \"{{name}}\"\ndescription = \"d\"\nurl = \"https://u\"\npicture_file = \"p.png\"";
    world.file("campaign.toml", format!("{head}{news}"));
    world.file("p.png", PIXEL);
    world.run(&["preview", "campaign.toml", "--format", "html", "-o", "preview.html"]).exits(0);
    browser.open(&format!("file://{}", world.path("preview.html").display())).await;
    looks_right(browser, "local-picture").await;
    let pictures = "return [...document.querySelectorAll('.photo')].map((it) => getComputedStyle(it).backgroundImage.slice(0, 22))";
    assert_eq!(
        browser.run(pictures).await,
        serde_json::json!(["url(\"data:image/png;ba", "url(\"data:image/png;ba"])
    );
    assert_eq!(browser.requests().await.len(), 1, "the page and nothing else");
}

async fn a_page_renews_itself_and_shows_faults_in_its_place(browser: &Browser) {
    let world = World::with_recipients(3);
    let served = Served::start(&world);
    browser.requests().await;
    browser.open(&served.url).await;
    browser.wait_for("Hello Name 0").await;
    world.edit("audience.csv", "Name 0", "Somebody");
    browser.wait_for("Hello Somebody").await;
    world.edit("campaign.toml", "{{name}}", "{{nmae}}");
    browser.wait_for("campaign.toml · line").await;
    browser.wait_for("Hello Somebody").await;
    browser.wait_for("did you mean name").await;
    looks_right(browser, "faults").await;
    world.edit("campaign.toml", "Hello {{nmae}}", "Good day {{name}}");
    browser.wait_for("Good day Somebody").await;
    looks_right(browser, "live").await;
    let elsewhere: Vec<String> =
        browser.requests().await.into_iter().filter(|url| !url.starts_with(served.origin())).collect();
    assert_eq!(elsewhere, Vec::<String>::new());
    browser.open("about:blank").await;
    browser.console().await;
}

/// A live preview that is ended with the test.
struct Served {
    process: Child,
    url: String,
}

impl Served {
    fn start(world: &World) -> Self {
        let mut process = world
            .command(&["preview", "campaign.toml", "--serve"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("a stdout")).read_line(&mut url).expect("an address");
        Self { process, url: url.trim().to_owned() }
    }

    /// The address without the token.
    fn origin(&self) -> &str {
        self.url.split("?token=").next().expect("an address")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
