//! What the pages show of campaigns, faults, messages and long lists.

use crate::console::Console;
use crate::support::{Platform, World, openid};

#[test]
fn the_folder_shows_its_campaigns_and_how_each_stands() {
    let world = World::with_recipients(3);
    world.edit("campaign.toml", "id = \"spring\"", "id = \"spring\"\ntitle = \"Spring <sale>\"");
    world.file("other/campaign.toml", "[campaign]\nid = \"other\"\n");
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let page = console.get("/").page();
    assert!(page.contains("Spring &lt;sale&gt;") && page.contains("Ready for 3 people"), "{page}");
    assert!(page.contains("other/campaign.toml") && page.contains("Faults: "), "{page}");
    assert!(page.contains("Never sent"), "{page}");
    world.send(&platform).exits(0);
    let page = console.get("/").page();
    assert!(page.contains("3 sent") && page.contains("Done") && page.contains("Last sent"), "{page}");
}

#[test]
fn the_console_speaks_both_languages() {
    let world = World::with_recipients(3);
    let console = Console::start(&world, &["--lang", "zh-CN"]);
    let page = console.get("/").page();
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("可以发送给 3 人"), "{page}");
    let answer = console.submit(&page, "/language", &[("language", "en")]);
    assert_eq!(answer.status, 303);
    assert!(console.get("/").page().contains("Ready for 3 people"));
}

#[test]
fn faults_are_those_of_the_planner_with_line_and_cell() {
    let world = World::with_recipients(2);
    world.edit("campaign.toml", "{{name}}", "{{nmae}}");
    let console = Console::start(&world, &[]);
    let campaign = console.campaign();
    let page = console.get(&campaign).page();
    assert!(page.contains("campaign.toml · line 8") && page.contains("nmae"), "{page}");
    assert!(page.contains("wxcast plan ./campaign.toml"), "{page}");
    let sending = console.get(&format!("{campaign}/send")).page();
    assert!(sending.contains("It cannot be sent now") && !sending.contains("name=\"people\""), "{sending}");
    world.edit("campaign.toml", "{{nmae}}", "{{name}}");
    assert!(console.get(&campaign).page().contains("Look at the messages"));
    world.edit("audience.csv", &openid(1), "张三");
    let page = console.get(&campaign).page();
    assert!(page.contains("audience.csv · line 3"), "{page}");
}

#[test]
fn messages_are_shown_and_a_person_is_found_by_row_or_name() {
    let world = World::with_recipients(30);
    let console = Console::start(&world, &[]);
    let phones = format!("{}/phones", console.campaign());
    let page = console.get(&phones).page();
    assert!(page.contains("Hello Name 0") && page.contains("Hello Name 29"), "{page}");
    let page = console.get(&format!("{phones}?who=17")).page();
    assert!(page.contains("Hello Name 16") && !page.contains("Hello Name 0"), "{page}");
    assert!(page.contains("wxcast preview ./campaign.toml --row 17"), "{page}");
    let page = console.get(&format!("{phones}?who=name+23")).page();
    assert!(page.contains("Hello Name 23") && page.matches("class=\"bubble\"").count() == 1, "{page}");
    let page = console.get(&format!("{phones}?who=%3Cscript%3E")).page();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
    assert!(!page.contains(&openid(1)), "openids are masked");
    // Whoever has looked is led on.
    assert!(console.get(&console.campaign()).page().contains("To the sending"));
}

#[test]
fn a_list_of_a_hundred_thousand_is_shown_page_by_page() {
    let world = World::with_recipients(100_000);
    let platform = Platform::new("");
    world
        .run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "20", "--progress", "none"])
        .exits(7);
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    for screen in [
        "",
        "/phones",
        "/phones?who=99999",
        "/send",
        "/results?status=unsent",
        "/results?status=sent",
        "/runs",
    ] {
        let page = console.get(&format!("{campaign}{screen}")).page();
        assert!(page.len() < 200_000, "{screen}: {} bytes", page.len());
    }
}
