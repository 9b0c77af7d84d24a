//! Media files before anything is sent: what is in them, what their names say, where names from cells may lead.

use serde_json::{Value as Json, json};

use crate::support::media::{amr, jpg, mp3, mp4, png};
use crate::support::{Ran, World, openid};

fn plan(world: &World) -> Ran {
    world.run(&["plan", "campaign.toml", "--format", "json"])
}

/// Every fault: its name, its row and its field.
fn faults(plan: &Json) -> Vec<(String, Option<u64>, String)> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let faults = plan["diagnostics"].as_array().expect("diagnostics").iter();
    faults.map(|one| (text(&one["code"]), one["row"].as_u64(), text(&one["field"]))).collect()
}

fn codes(plan: &Json) -> Vec<String> {
    faults(plan).into_iter().map(|(code, ..)| code).collect()
}

/// A campaign to one person with this message table.
fn world(message: &str) -> World {
    let world = World::new();
    world.campaign(message, "");
    world.recipients(1);
    world
}

#[test]
fn a_byte_too_many_is_told_with_the_limit_and_the_size() {
    let world = world("[message.image]\nfile = \"banner.png\"");
    let mut picture = png("");
    picture.resize((10 << 20) + 1, 0);
    world.file("banner.png", &picture);
    let ran = plan(&world).exits(3);
    let fault = &ran.json()["diagnostics"][0];
    assert_eq!((&fault["code"], &fault["field"]), (&json!("media-too-large"), &json!("message.image.file")));
    let message = fault["message"].as_str().expect("a sentence");
    assert!(message.contains("10485761 B") && message.contains("10485760 B"), "{message}");
    assert_eq!(fault["line"], 8, "at the value");
    world.file("banner.png", &picture[..10 << 20]);
    assert_eq!(codes(&plan(&world).exits(0).json()), ["media-large"]);
}

#[test]
fn every_fault_of_every_file_is_told_at_once() {
    let world =
        world("[message.video]\nfile = \"clip.mp4\"\nthumb_file = \"cover.jpg\"\ntitle = \"{{nmae}}\"");
    world.file("clip.mp4", "");
    world.file("cover.jpg", png(""));
    let found = faults(&plan(&world).exits(3).json());
    let field = |code: &str, field: &str| (code.to_owned(), None, format!("message.video.{field}"));
    for expected in [
        field("media-empty", "file"),
        field("media-format", "thumb_file"),
        field("unknown-variable", "title"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:?}");
    }
}

#[test]
fn a_recording_plays_for_a_minute_at_the_most() {
    for (name, recording, expected) in [
        ("a.mp3", mp3(59), None),
        ("a.mp3", mp3(61), Some("media-too-long")),
        ("a.amr", amr(60), None),
        ("a.amr", amr(61), Some("media-too-long")),
    ] {
        let world = world(&format!("[message.voice]\nfile = \"{name}\""));
        world.file(name, recording);
        let plan = plan(&world).json();
        assert_eq!(codes(&plan), expected.into_iter().collect::<Vec<_>>(), "{name}: {plan:#}");
        if expected.is_some() {
            let message = plan["diagnostics"][0]["message"].as_str().expect("a sentence");
            assert!(message.contains("61.") && message.contains("60 seconds"), "{message}");
        }
    }
}

#[test]
fn the_content_decides_whatever_the_name_says() {
    let world = world("[message.image]\nfile = \"photo.jpg\"");
    world.file("photo.jpg", png(""));
    assert_eq!(codes(&plan(&world).exits(0).json()), ["media-name"]);
    world.file("photo.jpg", mp4(""));
    let ran = plan(&world).exits(3);
    assert_eq!(codes(&ran.json()), ["media-format"]);
    let message = ran.json()["diagnostics"][0]["message"].to_string();
    assert!(message.contains("mp4") && message.contains("png, jpg, gif"), "{message}");
}

#[test]
fn a_picture_of_an_article_is_below_a_megabyte_and_no_animation() {
    let article = "[[message.news.articles]]\ntitle = \"t\"\ndescription = \"d\"\nurl = \"https://u\"\npicture_file = \"p.png\"";
    let world = world(article);
    let mut picture = png("");
    picture.resize(1 << 20, 0);
    world.file("p.png", &picture);
    let found = faults(&plan(&world).exits(3).json());
    let expected = ("media-too-large".to_owned(), None, "message.news.articles[1].picture_file".to_owned());
    assert_eq!(found, [expected]);
    world.file("p.png", &picture[..(1 << 20) - 1]);
    plan(&world).exits(0);
    world.file("p.png", b"GIF89a\x01\0\x01\0");
    assert_eq!(codes(&plan(&world).exits(3).json()), ["media-format"]);
}

#[test]
fn an_id_or_a_file_and_never_both() {
    let both = world("[message.image]\nmedia_id = \"M\"\nfile = \"a.png\"");
    assert_eq!(codes(&plan(&both).exits(3).json()), ["media-twice"]);
    let neither = world("[message.image]");
    let ran = plan(&neither).exits(3);
    assert_eq!(codes(&ran.json()), ["missing-key"]);
    let message = ran.json()["diagnostics"][0]["message"].to_string();
    assert!(
        message.contains("message.image.media_id") && message.contains("message.image.file"),
        "{message}"
    );
}

#[test]
fn faults_of_personal_files_name_row_and_field() {
    let world = World::new();
    world.campaign("[message.image]\nfile = \"qr/{{name}}.png\"", "");
    world.recipients(4);
    world.file("qr/Name 0.png", png("0"));
    world.file("qr/Name 1.png", "");
    world.file("qr/Name 3.png", jpg("3"));
    let field = "message.image.file";
    let expected = [("media-empty", 2), ("media-unreadable", 3), ("media-name", 4)];
    let expected = expected.map(|(code, row)| (code.to_owned(), Some(row), field.to_owned()));
    assert_eq!(faults(&plan(&world).exits(3).json()), expected);
    world.edit(
        "campaign.toml",
        "file = \"audience.csv\"",
        "file = \"audience.csv\"\ninvalid_rows = \"skip\"",
    );
    let plan = plan(&world).exits(0).json();
    assert_eq!((&plan["planned"], &plan["invalid"]), (&json!(2), &json!(2)));
    assert_eq!(
        plan["uploads"],
        json!([{"type": "image", "files": 2, "bytes": png("0").len() + jpg("3").len()}])
    );
}

#[test]
fn a_cell_leads_to_no_other_file_of_the_machine() {
    let world = World::new();
    let secret = world.file("secret.png", png("secret"));
    let absolute = secret.to_string_lossy().into_owned();
    world.file("campaign/qr/own.png", png("own"));
    let campaign = |file: &str| {
        format!(
            "[campaign]\nid = \"a\"\n[account]\nappid = \"wx0123456789abcdef\"\n[audience]\nfile = \"a.csv\"\n\
             [message.image]\nfile = \"{file}\"\n"
        )
    };
    for (file, cell, code) in [
        ("{{x}}", "../secret.png", Some("media-outside")),
        ("{{x}}", &absolute, Some("media-outside")),
        ("qr/{{x}}", "../../secret.png", Some("media-outside")),
        ("qr/{{x}}", "../qr/own.png", Some("media-outside")),
        ("qr/{{x}}", "own.png", None),
        ("{{x}}", "qr/own.png", None),
        // What the campaign's author writes is the author's word.
        ("../{{x}}", "secret.png", None),
        ("../secret.png", "", None),
    ] {
        world.file("campaign/campaign.toml", campaign(file));
        world.file("campaign/a.csv", format!("openid,x\n{},{cell}\n", openid(1)));
        let plan = world.run(&["plan", "campaign/campaign.toml", "--format", "json"]).json();
        assert_eq!(codes(&plan), code.into_iter().collect::<Vec<_>>(), "{file} {cell}");
    }
}

#[test]
fn equal_contents_give_an_equal_digest_whatever_the_files_are_called() {
    let digest = |name: &str, picture: Vec<u8>| {
        let world = world(&format!("[message.image]\nfile = \"{name}\""));
        world.file(name, picture);
        plan(&world).exits(0).json()["digest"].clone()
    };
    let first = digest("a.png", png("spring"));
    assert_eq!(digest("海报.png", png("spring")), first);
    assert_ne!(digest("a.png", png("autumn")), first);
}

// Elsewhere names have no case, and the file is there.
#[cfg(target_os = "linux")]
#[test]
fn a_file_of_nearly_the_name_is_told_wherever_one_stands() {
    let world = world("[message.image]\nfile = \"Banner.PNG\"");
    world.file("banner.png", png(""));
    for campaign in ["campaign.toml", "./campaign.toml"] {
        let found = world.run(&["plan", campaign, "--format", "json"]).exits(3).json();
        let help = found["diagnostics"][0]["help"].as_str().expect("a help").to_owned();
        assert!(help.contains("did you mean `banner.png`?"), "{campaign}: {help}");
    }
}
