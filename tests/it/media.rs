//! Media files on their way: each content once, in the platform's form, kept while it lives, uploaded anew when it is
//! dead, and never a wrong picture.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value as Json, json};
use wxcast::delivery::outcome::Status;
use wxcast::journal::lock::{Holder, Lock};
use wxcast::plan::digest::Digest;

use crate::support::media::{jpg, mp3, mp4, png};
use crate::support::{Platform, Ran, World, kill, openid};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A campaign of one picture for everybody.
fn poster(recipients: usize) -> World {
    let world = World::new();
    world.campaign("[message.image]\nfile = \"banner.png\"", "");
    world.recipients(recipients);
    world.file("banner.png", png("banner"));
    world
}

/// A campaign in which everybody has a picture of their own.
fn personal(recipients: usize) -> World {
    let world = World::new();
    world.campaign("[message.image]\nfile = \"qr/{{openid}}.png\"", "");
    world.recipients(recipients);
    for index in 0..recipients {
        world.file(&format!("qr/{}.png", openid(index)), png(&openid(index)));
    }
    world
}

/// What a person sees of a picture message, as the simulator's ledger names it.
fn seen(index: usize, picture: &[u8]) -> [u8; 32] {
    let content = Digest::of(picture).to_string();
    let body = format!(
        r#"{{"touser":"{}","msgtype":"image","image":{{"media_id":"image:{content}"}}}}"#,
        openid(index)
    );
    *Digest::of(body.as_bytes()).as_bytes()
}

fn preview(world: &World, platform: &Platform) -> Json {
    world.run_at(platform, &["preview", "campaign.toml", "--format", "json"]).exits(0).json()
}

fn media(world: &World, platform: &Platform) -> Ran {
    world.run_at(platform, &["media", "campaign.toml", "--format", "json"])
}

#[test]
fn a_picture_for_everybody_is_uploaded_once_and_before_the_first_message() {
    let (world, platform) = (poster(30), Platform::new("[media]\nstrict = true"));
    assert_eq!(world.send(&platform).exits(0).counts(), "30 sent");
    let files = platform.ledger().files();
    assert_eq!(files.len(), 1);
    let (kind, name, content_type) = (&*files[0].kind, &*files[0].name, &*files[0].content_type);
    assert_eq!((kind, name, content_type), ("image", "media.png", "image/png"));
    for index in 0..30 {
        assert_eq!(platform.ledger().accepted_payloads(&openid(index)), [seen(index, &png("banner"))]);
    }
    // Somebody joins later: the id still lives.
    world.recipients(31);
    assert_eq!(world.send(&platform).exits(0).counts(), "31 sent");
    assert_eq!((platform.ledger().totals().uploads, platform.ledger().totals().requests), (1, 31));
}

#[test]
fn a_thousand_personal_pictures_are_uploaded_once_each_and_reach_the_right_people() {
    const PEOPLE: usize = 1000;
    let (world, platform) = (personal(PEOPLE), Platform::new("[media]\nstrict = true"));
    // Two rows name the same content by different names.
    world.file(&format!("qr/{}.png", openid(1)), png(&openid(0)));
    let begun = Instant::now();
    assert_eq!(world.send(&platform).exits(0).counts(), "1000 sent");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!(platform.ledger().totals().uploads, 999);
    for index in 0..PEOPLE {
        let picture = png(&openid(if index == 1 { 0 } else { index }));
        assert_eq!(platform.ledger().accepted_payloads(&openid(index)), [seen(index, &picture)], "{index}");
    }
}

#[test]
fn every_kind_with_files_is_filled_with_what_the_platform_gave() {
    let article = "[[message.news.articles]]\ntitle = \"t\"\ndescription = \"d\"\nurl = \"https://u\"\npicture_file = \"p.png\"";
    let card = "[message.miniprogrampage]\ntitle = \"t\"\nappid = \"wxfedcba9876543210\"\npagepath = \"p\"\nthumb_file = \"p.png\"";
    let music = "[message.music]\ntitle = \"t\"\ndescription = \"d\"\nmusicurl = \"https://m\"\nthumb_file = \"c.jpg\"";
    let video = "[message.video]\nfile = \"v.mp4\"\nthumb_file = \"c.jpg\"\ntitle = \"t\"";
    for (message, kinds) in [
        (article, &["uploadimg"][..]),
        (card, &["image"]),
        (music, &["thumb"]),
        (video, &["thumb", "video"]),
        ("[message.voice]\nfile = \"r.mp3\"", &["voice"]),
    ] {
        let (world, platform) = (World::new(), Platform::new("[media]\nstrict = true"));
        world.campaign(message, "");
        world.recipients(3);
        for (name, content) in
            [("p.png", png("p")), ("c.jpg", jpg("c")), ("v.mp4", mp4("v")), ("r.mp3", mp3(5))]
        {
            world.file(name, content);
        }
        assert_eq!(world.send(&platform).exits(0).counts(), "3 sent", "{message}");
        let mut uploaded: Vec<String> = platform.ledger().files().into_iter().map(|file| file.kind).collect();
        uploaded.sort();
        assert_eq!(uploaded, kinds, "{message}");
    }
}

#[test]
fn a_chinese_name_and_a_wrong_ending_travel_as_plain_ascii() {
    let (world, platform) = (World::new(), Platform::new(""));
    world.campaign("[message.image]\nfile = \"素材/春季 海报.jpg\"", "");
    world.recipients(1);
    world.file("素材/春季 海报.jpg", png("spring"));
    world.send(&platform).exits(0);
    let file = &platform.ledger().files()[0];
    assert_eq!((&*file.name, &*file.content_type), ("media.png", "image/png"));
}

#[test]
fn a_text_that_looks_like_a_content_stays_a_text() {
    let (world, platform) = (World::new(), Platform::new(""));
    let imitation = format!("video:{}", Digest::of(&mp4("v")));
    let message =
        format!("[message.video]\nfile = \"v.mp4\"\nthumb_media_id = \"T\"\ntitle = \"{imitation}\"");
    world.campaign(&message, "");
    world.recipients(1);
    world.file("v.mp4", mp4("v"));
    assert_eq!(
        preview(&world, &platform)[0]["payload"]["video"]["media_id"],
        json!(imitation),
        "no id is known yet"
    );
    world.send(&platform).exits(0);
    let video = preview(&world, &platform)[0]["payload"]["video"].clone();
    assert_eq!(video["title"], json!(imitation));
    assert_ne!(video["media_id"], json!(imitation), "the id that was given");
    let shown = world.run_at(&platform, &["preview", "campaign.toml"]).exits(0).stdout;
    assert!(shown.contains("media_id: v.mp4 ("), "{shown}");
}

#[test]
fn media_uploads_and_lists_and_sends_nothing() {
    let (world, platform) = (personal(3), Platform::new(""));
    let shown = world.run(&["preview", "campaign.toml"]).exits(0).stdout;
    assert!(shown.contains(&format!("media_id: qr/{}.png\n", openid(0))), "{shown}");
    let digest = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json()["digest"].clone();
    let listed = media(&world, &platform).exits(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    for (index, file) in listed.as_array().expect("files").iter().enumerate() {
        assert_eq!(file["file"], json!(format!("qr/{}.png", openid(index))));
        assert_eq!(
            (&file["type"], &file["uploaded"], &file["messages"]),
            (&json!("image"), &json!(true), &json!(1))
        );
        assert_eq!(file["fields"], json!(["message.image.file"]));
        assert!(file["id"].is_string() && file["expires"].is_string(), "{file}");
        assert_eq!(preview(&world, &platform)[index]["payload"]["image"]["media_id"], file["id"]);
    }
    let again = media(&world, &platform).exits(0).says("3 alive").json();
    assert!(again.as_array().expect("files").iter().all(|file| file["uploaded"] == false), "{again}");
    assert_eq!((platform.ledger().totals().uploads, platform.ledger().totals().requests), (3, 0));
    assert_eq!(world.run(&["plan", "campaign.toml", "--format", "json"]).json()["digest"], digest);
    let text = World::with_recipients(1);
    assert_eq!(media(&text, &platform).exits(0).says("no media files").json(), json!([]));
}

#[test]
fn a_campaign_that_is_being_sent_is_not_uploaded_by_another() {
    let (world, platform) = (poster(1), Platform::new(""));
    let since = jiff::Timestamp::now();
    let me = Holder { campaign: "spring".into(), pid: 7, host: "h".into(), since, waits_until: None };
    let lock = Lock::take(&world.state_file("spring.campaign.lock"), &me).expect("the lock");
    media(&world, &platform).exits(8).says("spring");
    drop(lock);
    media(&world, &platform).exits(0);
    assert_eq!(platform.ledger().totals().uploads, 1);
}

#[test]
fn a_page_shows_the_picture_itself() {
    let world = poster(1);
    let page = world.run(&["preview", "campaign.toml", "--format", "html"]).exits(0).stdout;
    assert!(page.contains("banner.png") && page.contains("data:image/png;base64,iVBORw0KGgo"), "{page}");
}

#[test]
fn an_id_with_less_than_an_hour_left_is_not_used_again() {
    let (world, platform) = (poster(1), Platform::new(""));
    world.send(&platform).exits(0);
    let age = |minutes_left: i64| {
        let store = Connection::open(world.state_file("media.sqlite3")).expect("the kept ids");
        let expires = jiff::Timestamp::now().as_millisecond() + minutes_left * 60_000;
        store.execute("UPDATE media SET expires = ?1", [expires]).expect("another time");
    };
    for (people, minutes_left, uploads) in [(2, 62, 1), (3, 58, 2), (4, -1, 3)] {
        age(minutes_left);
        world.recipients(people);
        world.send(&platform).exits(0);
        assert_eq!(platform.ledger().totals().uploads, uploads, "{minutes_left} minutes");
    }
}

#[test]
fn media_that_died_early_is_uploaded_anew_by_one_and_sent_again_by_all() {
    let (world, platform) = (poster(1), Platform::new("[media]\nstrict = true"));
    world.send(&platform).exits(0);
    platform.advance(3 * DAY);
    world.recipients(60);
    assert_eq!(world.send(&platform).exits(0).counts(), "60 sent");
    let totals = platform.ledger().totals();
    assert_eq!((totals.uploads, totals.accepted), (2, 60));
    let dead = totals.answers.get(&40007).copied().unwrap_or_default();
    assert!((1..=32).contains(&dead), "those that were on their way, and hardly more: {dead}");
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    // A refused request is an attempt like any other.
    let attempts = world.results().iter().map(|row| row[6].parse::<u64>().expect("a count")).sum::<u64>();
    assert_eq!(attempts, totals.requests);
}

#[test]
fn fresh_media_that_is_refused_too_is_refused() {
    let (world, platform) = (poster(20), Platform::new("[[answers]]\ncode = 40007"));
    let ran = world.send(&platform).exits(7).says("40007");
    let counts = ran.json()["counts"].clone();
    let of = |status: &str| counts[status].as_u64().unwrap_or_default();
    assert!(of("refused") >= 1 && of("refused") + of("unsent") == 20, "{counts}");
    assert_eq!(platform.ledger().totals().accepted, 0);
}

#[test]
fn a_file_for_everybody_that_is_refused_stops_before_the_first_message() {
    for (code, exit) in [(40005, 7), (45009, 7), (48001, 9), (40164, 9)] {
        let (world, platform) =
            (poster(5), Platform::new(&format!("[[answers]]\non = \"upload\"\ncode = {code}")));
        let ran = world.send(&platform).exits(exit).says(&code.to_string());
        assert_eq!(ran.counts(), "5 unsent", "{code}");
        if code == 40005 {
            assert!(ran.stderr.contains("banner.png"), "{}", ran.stderr);
        }
        assert_eq!(
            (platform.ledger().totals().requests, platform.ledger().totals().uploads),
            (0, 0),
            "{code}"
        );
    }
}

#[test]
fn a_personal_file_that_is_refused_fails_that_person_only_and_is_tried_again() {
    let scenario = "[[answers]]\non = \"upload\"\ncode = 40006\nfrom = 2\nto = 2";
    let (world, platform) = (personal(40), Platform::new(scenario));
    let ran = world.send(&platform).exits(5);
    assert_eq!(ran.counts(), "39 sent, 1 failed");
    let failed: Vec<_> = world.results().into_iter().filter(|row| &row[2] == "failed").collect();
    assert_eq!((&failed[0][3], &failed[0][6]), ("40006", "0"), "no message was tried");
    assert_eq!(platform.ledger().received(&failed[0][0]), 0);
    assert_eq!(world.send(&platform).exits(0).counts(), "40 sent");
    assert_eq!((platform.ledger().totals().uploads, platform.ledger().totals().accepted), (40, 40));
}

#[test]
fn personal_files_that_are_refused_one_after_another_stop_the_run() {
    let (world, platform) = (personal(200), Platform::new("[[answers]]\non = \"upload\"\ncode = 40006"));
    let ran = world.send(&platform).exits(7).says("40006");
    let failed = ran.json()["counts"]["failed"].as_u64().expect("a count");
    assert!((5..=25).contains(&failed), "{ran:?}");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn uploads_outlive_a_dead_token_and_a_broken_line() {
    let scenario = "[[answers]]\non = \"upload\"\ncode = 40001\nfrom = 1\nto = 1\n\
                    [[faults]]\non = \"upload\"\nkind = \"reset-after\"\nfrom = 2\nto = 2";
    let (world, platform) = (poster(3), Platform::new(scenario));
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
    let totals = platform.ledger().totals();
    assert_eq!(totals.answers, BTreeMap::from([(0, 3)]));
    assert!(totals.stable_token_calls >= 2, "{totals:?}");
}

#[test]
#[cfg(unix)]
fn a_file_that_is_replaced_after_planning_reaches_nobody() {
    let (world, platform) = (poster(5), Platform::new("[token]\naccept = [\"GIVEN\"]"));
    world.file("other.png", png("not what was approved"));
    // The token is asked for after planning and before the file is uploaded.
    world.edit(
        "campaign.toml",
        "[audience]",
        "token_command = [\"sh\", \"-c\", \"cp other.png banner.png; echo GIVEN\"]\n[audience]",
    );
    let ran = world.send(&platform).exits(8).says("banner.png");
    assert_eq!(ran.json()["requests"], 0);
    assert_eq!((platform.ledger().totals().uploads, platform.ledger().totals().requests), (0, 0));
}

#[test]
fn a_kill_during_uploads_loses_nothing_and_doubles_nothing() {
    let scenario = "[[faults]]\non = \"upload\"\nkind = \"hang\"\nfrom = 4\ntimes = 10";
    let (world, platform) = (personal(30), Platform::new(scenario));
    let child = world.start_send(&platform);
    platform.wait_until(|ledger| ledger.totals().faults.get("hang").is_some_and(|hung| *hung >= 10));
    kill(child);
    // Whoever's picture had an id may have been sent their message.
    let ran = world.send(&platform);
    let unknown = world.journal().values().filter(|status| **status == Status::Unknown).count();
    assert!(unknown <= 16, "{ran:?}");
    assert_eq!(ran.code, if unknown == 0 { 0 } else { 6 });
    assert_eq!(platform.ledger().duplicates(), [""; 0]);
    assert!(platform.ledger().totals().accepted >= 30 - unknown as u64);
}

#[test]
#[cfg(unix)]
fn ctrl_c_during_an_upload_ends_at_once_and_nobody_is_tried() {
    use crate::support::{finish, signal};

    let scenario = "[[faults]]\non = \"upload\"\nkind = \"hang\"\ntimes = 1";
    let (world, platform) = (poster(3), Platform::new(scenario));
    let child = world.start_send(&platform);
    platform.wait_until(|ledger| ledger.totals().faults.contains_key("hang"));
    signal(&child, "INT");
    assert_eq!(finish(child).exits(130).counts(), "3 unsent");
    assert_eq!(world.send(&platform).exits(0).counts(), "3 sent");
}

#[test]
fn a_rehearsal_sees_that_everybody_got_their_own_picture() {
    let world = personal(50);
    let ran = world.run(&["rehearse", "campaign.toml", "--format", "json"]).exits(0);
    assert_eq!(ran.counts(), "50 sent");
    assert!(!world.state().exists(), "a rehearsal's ids are its own");
    world
        .file("strict.toml", "[media]\nstrict = true\n[[answers]]\ncode = 40007\nshare = \"30%\"\ntimes = 1");
    let ran =
        world.run(&["rehearse", "campaign.toml", "--format", "json", "--scenario", "strict.toml"]).exits(0);
    assert_eq!(ran.counts(), "50 sent");
}

#[test]
fn uploads_keep_to_their_own_rate() {
    let (world, platform) = (personal(12), Platform::new(""));
    world.campaign("[message.image]\nfile = \"qr/{{openid}}.png\"", "upload_rate = \"20/s\"\n");
    let begun = Instant::now();
    world.send(&platform).exits(0);
    // The first two may go at once.
    assert!(begun.elapsed() >= Duration::from_millis(450), "{:?}", begun.elapsed());
}

#[test]
fn kept_ids_that_cannot_be_read_are_left_alone() {
    let (world, platform) = (poster(1), Platform::new(""));
    let path = world.in_state("media.sqlite3", "somebody's notes, long enough to be looked at. ".repeat(100));
    let before = fs::read(&path).expect("the notes");
    world.send(&platform).exits(10).says("media.sqlite3");
    assert_eq!(fs::read(&path).expect("the notes"), before);
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn kept_ids_of_whatever_content_bring_nobody_down() {
    let world = World::new();
    world.campaign("[message.image]\nfile = \"banner.png\"", "");
    world.recipients(2);
    world.file("banner.png", png("banner"));
    world.send(&Platform::new("")).exits(0);
    world.edit("campaign.toml", "spring", "summer");
    let kept = rusqlite::Connection::open(world.state_file("media.sqlite3")).expect("kept ids");
    let odd = [
        "expires = 9223372036854775807",
        "expires = -9223372036854775808",
        "uploaded = -1, expires = 0",
        "uploaded = 253402207200000, expires = 253402207199999",
        "id = ''",
        "id = char(10, 0, 27) || '\"'",
        "id = printf('%.*c', 100000, 'x')",
        "sha256 = x'00'",
        "upload = 'nothing'",
    ];
    for content in odd {
        kept.execute(&format!("UPDATE media SET {content}"), []).expect("an odd content");
        let platform = Platform::new("");
        for args in [
            &["media", "campaign.toml"][..],
            &["media", "campaign.toml", "--format", "json"],
            &["preview", "campaign.toml"],
            &["doctor", "campaign.toml"],
            &["send", "campaign.toml", "--yes", "--limit", "1"],
        ] {
            let ran = world.run_at(&platform, args);
            assert!(![1, 101, -1].contains(&ran.code), "{content} {args:?}: {ran:?}");
            assert!(!ran.stderr.contains("panicked"), "{content} {args:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn where_files_alone_are_uploaded_no_messages_are_counted() {
    let (world, platform) = (World::new(), Platform::new(""));
    world.campaign("[message.image]\nfile = \"banner.png\"", "");
    world.recipients(2);
    world.file("banner.png", png("banner"));
    let ran = world.run_at(&platform, &["media", "campaign.toml"]).exits(0).says("uploaded 1\n");
    assert!(!ran.stderr.contains("0 of 0"), "{}", ran.stderr);
}
