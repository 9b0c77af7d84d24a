//! `wxcast preview --format html`: one page that needs nothing but itself. How it looks is in `browser`.

use crate::support::media::{amr, png};
use crate::support::{World, openid};

fn page(world: &World, more: &[&str]) -> String {
    let args = [&["preview", "campaign.toml", "--format", "html"], more].concat();
    world.run(&args).exits(0).stdout
}

#[test]
fn the_page_is_one_file_that_may_load_nothing_and_runs_nothing() {
    let world = World::with_recipients(3);
    let page = page(&world, &[]);
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert!(page.contains("default-src &#x27;none&#x27;"), "{page}");
    for loads in
        ["<script", "<iframe", "src=\"http", "href=\"http", "@import", "url(http", "<a href=\"weixin"]
    {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn equal_files_give_equal_pages_wherever_they_lie() {
    let (here, there) = (World::with_recipients(40), World::with_recipients(40));
    assert_eq!(page(&here, &[]), page(&there, &[]));
    assert!(!page(&here, &[]).contains(here.dir().to_str().expect("a path")));
}

#[test]
fn the_top_tells_of_the_whole_audience() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    world.edit("campaign.toml", "[message", "invalid_rows = \"skip\"\n[message");
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\ntitle = \"Spring & sale\"\nwave = 3");
    let one = openid(1);
    let csv = format!("openid,name,城市\n{one},A,\n{},,b\nbad id,B,b\n{one},C,b\n", openid(2));
    world.file("audience.csv", csv);
    let page = page(&world, &[]);
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    for text in [
        "<h1 dir=\"auto\">Spring &amp; sale</h1>",
        "spring, wave 3",
        "<dt>Rows</dt><dd>4</dd>",
        "<dt>To send</dt><dd>2</dd>",
        "<dt>Skipped</dt><dd>1</dd>",
        "<dt>Faulty</dt><dd>1</dd>",
        plan["digest"].as_str().expect("a digest"),
        plan["plan"].as_str().expect("a plan id"),
        "The message does not use: 城市",
        "name: the cell is blank in 1 of 2 messages.",
        "faulty row",
        "45015",
    ] {
        let text = text.replace("The message does", "Columns that the message does");
        assert!(page.contains(&text), "{text}: {page}");
    }
}

#[test]
fn openids_are_masked_unless_somebody_wants_them_open() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    world.file("audience.csv", format!("openid,name\n{},A\nodd-shape-of-somebody,B\n", openid(0)));
    let masked = page(&world, &[]);
    assert!(!masked.contains(&openid(0)) && !masked.contains("odd-shape-of-somebody"), "{masked}");
    let open = page(&world, &["--mask-openid", "off"]);
    assert!(open.contains(&openid(0)) && open.contains("odd-shape-of-somebody"), "{open}");
}

#[test]
fn one_row_or_one_person_is_shown_alone_below_the_whole() {
    let world = World::with_recipients(30);
    let row = page(&world, &["--row", "7"]);
    assert_eq!(row.matches("<article").count(), 1);
    assert!(row.contains("Hello Name 6") && row.contains("<dd>30</dd>"), "{row}");
    assert!(page(&world, &["--openid", &openid(8)]).contains("Hello Name 8"));
    assert_eq!(page(&world, &[]).matches("<article").count(), 8);
    assert_eq!(page(&world, &["--pick", "12"]).matches("<article").count(), 12);
    assert_eq!(page(&world, &["--limit", "5"]).matches("<article").count(), 5);
}

#[test]
fn what_waits_for_the_wechat_side_hangs_on_what_the_message_holds() {
    let world = World::with_recipients(1);
    let plain = page(&world, &[]);
    for open in ["whether its users", "mini program is linked", "customer-service account exists"] {
        assert!(!plain.contains(open), "{open}");
    }
    world.text_campaign(
        "<a href=\"https://a.cn\" data-miniprogram-appid=\"wx0123456789abcdef\">{{name}}</a>",
        "",
    );
    world.edit("campaign.toml", "[audience]", "kf_account = \"test1@kftest\"\n[audience]");
    let page = page(&world, &[]);
    for open in [
        "mini program is linked",
        "customer-service account exists",
        "test1@kftest",
        "<span class=\"link mini-program\">",
    ] {
        assert!(page.contains(open), "{open}: {page}");
    }
}

#[test]
fn lengths_are_told_only_where_a_text_comes_near_to_its_limit() {
    let world = World::with_recipients(2);
    let far = page(&world, &[]);
    assert!(!far.contains("2048") && !far.contains("message.text.content"), "{far}");
    world.text_campaign(&format!("{}{{{{name}}}}", "x".repeat(1_700)), "");
    let near = page(&world, &[]);
    assert!(near.contains("Lengths of text") && near.contains("text: 1706 of 2048 bytes"), "{near}");
    assert!(!near.contains("message.text.content"), "{near}");
}

/// Sixty people, three of whom have gold, and none of those is the first, the longest or the last.
fn levels() -> World {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    world.edit("campaign.toml", "[audience]", "name = \"The shop\"\navatar = \"logo.png\"\n[audience]");
    let level = |index: usize| if index % 20 == 7 { "gold" } else { "blue" };
    let rows: String =
        (0..60).map(|index| format!("{},Name {index},{}\n", openid(index), level(index))).collect();
    world.file("audience.csv", format!("openid,name,level\n{rows}"));
    world.file("logo.png", png("logo"));
    world
}

#[test]
fn every_value_of_a_column_with_few_of_them_is_shown_and_counted() {
    let page = page(&levels(), &[]);
    assert!(page.contains("<li dir=\"auto\">level: gold</li>"), "{page}");
    let counted = "<th scope=\"row\" dir=\"auto\">gold</th><td class=\"number\">3</td>";
    assert!(page.contains(counted) && page.contains("Hello Name 7"), "{page}");
    let (messages, sign) =
        (page.find("<article").expect("a message"), page.find("class=\"sign\"").expect("a line"));
    assert!(messages < sign, "messages come first");
}

#[test]
fn the_sender_is_the_accounts_name_and_picture() {
    let page = page(&levels(), &[]);
    assert!(page.contains("<p class=\"bar\"><span>The shop</span></p>"), "{page}");
    assert!(page.contains("class=\"avatar own picture-0\""), "{page}");
}

#[test]
fn what_has_changed_since_the_plan_that_was_approved_stands_on_the_page() {
    let world = levels();
    world.run(&["plan", "campaign.toml", "--format", "json", "-o", "approved.json"]).exits(0);
    let same = page(&world, &["--compare", "approved.json"]);
    assert!(same.contains("Changed since the plan that was approved"), "{same}");
    world.edit("audience.csv", "Name 7,", "Somebody,");
    let changed = page(&world, &["--compare", "approved.json"]);
    let row = "<th scope=\"row\">changed</th><td class=\"number\">1</td><td>8</td>";
    assert!(changed.contains(row), "{changed}");
    assert!(!page(&world, &[]).contains("Changed since the plan"));
}

#[test]
fn one_word_has_one_number_on_a_page_where_windows_leave_people_out() {
    let world = World::new();
    world.text_campaign("Hello {{name}}", "");
    let window = "[audience.window]\ncolumn = \"last\"\n\n[message";
    world.edit("campaign.toml", "[message", window);
    world.edit("campaign.toml", "rate =", "not_before = \"2026-12-01 20:00\"\nrate =");
    let last = |index: usize| if index < 3 { "2026-11-01 10:00" } else { "2026-12-01 10:00" };
    let rows: String = (0..8).map(|index| format!("{},A,{}\n", openid(index), last(index))).collect();
    world.file("audience.csv", format!("openid,name,last\n{rows}"));
    let page = page(&world, &[]);
    assert!(
        page.contains("<dt>To send</dt><dd>5</dd>") && page.contains("<dt>Skipped</dt><dd>3</dd>"),
        "{page}"
    );
    assert!(page.contains("<th scope=\"row\">To send</th><td class=\"number\">5</td>"), "{page}");
}

#[test]
fn pictures_keep_their_shape_and_those_who_share_one_are_named() {
    let world = campaign("[message.image]\nfile = \"pictures/{{name}}.png\"", 4);
    for index in 0..3 {
        world.file(&format!("pictures/Name {index}.png"), png(&format!("{index}")));
    }
    world.file("pictures/Name 3.png", png("2"));
    let page = page(&world, &[]);
    assert!(page.contains("--ratio:") && page.contains("2 people share pictures/Name 2.png"), "{page}");
}

#[test]
fn the_page_speaks_chinese_too() {
    let world = World::with_recipients(1);
    let page = page(&world, &["--lang", "zh-CN"]);
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("以下内容要发送后才能确认"), "{page}");
}

#[test]
fn a_faulty_campaign_has_no_page() {
    let world = World::with_recipients(1);
    world.edit("campaign.toml", "{{name}}", "{{nmae}}");
    let ran = world.run(&["preview", "campaign.toml", "--format", "html", "-o", "p.html"]).exits(3);
    assert!(!world.path("p.html").exists());
    ran.says("nmae");
}

/// A campaign with this message, to this many people.
fn campaign(message: &str, count: usize) -> World {
    let world = World::with_recipients(count);
    let toml = world.read("campaign.toml");
    let (head, _) = toml.split_once("[message").expect("a message");
    world.file("campaign.toml", format!("{head}{message}"));
    world
}

#[test]
fn a_local_picture_is_held_once_however_many_messages_show_it() {
    let world = campaign("[message.image]\nfile = \"poster.png\"", 5);
    world.file("poster.png", png("poster"));
    let page = page(&world, &[]);
    assert_eq!(page.matches("url(\"data:image/png;base64,iVBORw0KGgo").count(), 1, "{page}");
    assert_eq!(page.matches("class=\"photo picture-0\"").count(), 5, "{page}");
    assert!(page.contains("aria-label=\"Picture: poster.png\"") && !page.contains("sha256:0"), "{page}");
    assert!(
        page.contains("uploaded when the campaign is sent") && !page.contains("media ids are alive"),
        "{page}"
    );
}

#[test]
fn a_picture_that_is_too_big_to_mail_is_not_in_the_page() {
    let world = campaign("[message.image]\nfile = \"poster.png\"", 1);
    let mut picture = png("poster");
    picture.resize((2 << 20) + 1, 0);
    world.file("poster.png", picture);
    let page = page(&world, &[]);
    assert!(page.len() < 100_000 && page.contains("A picture that the page does not hold"), "{}", page.len());
}

#[test]
fn a_recording_tells_its_seconds_and_an_article_shows_its_own_picture() {
    let voice = campaign("[message.voice]\nfile = \"hello.amr\"", 1);
    voice.file("hello.amr", amr(7));
    assert!(page(&voice, &[]).contains("<span>7″</span>"), "{}", page(&voice, &[]));
    let news = "[[message.news.articles]]\ntitle = \"{{name}}\"\ndescription = \"d\"\nurl = \"https://u\"\npicture_file = \"p.png\"";
    let news = campaign(news, 1);
    news.file("p.png", png(""));
    assert!(
        page(&news, &[]).contains("<div class=\"cover\"><span class=\"photo picture-0\""),
        "{}",
        page(&news, &[])
    );
}
