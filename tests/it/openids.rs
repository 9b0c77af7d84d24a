//! Openids are hidden where the manual says so: also inside addresses, names of files and what faults quote.

use std::fs;

use crate::support::media::png;
use crate::support::{Platform, Ran, World, openid};

/// Whoever reads what this run left to read finds nobody in it.
#[track_caller]
fn hides(ran: &Ran, what: &str) {
    for index in 0..3 {
        let person = openid(index);
        assert!(!ran.stdout.contains(&person) && !ran.stderr.contains(&person), "{what}: {ran:?}");
    }
}

/// The command as somebody calls it who says so, and as CI does.
fn both(world: &World, args: &[&str], exit: i32) -> [Ran; 2] {
    let wanted = world.run(&[args, &["--mask-openid", "on"]].concat()).exits(exit);
    let in_ci = Ran::of(world.command(args).env("CI", "true").output().expect("the binary runs")).exits(exit);
    hides(&wanted, &format!("{args:?}"));
    hides(&in_ci, &format!("{args:?} in CI"));
    [wanted, in_ci]
}

const PLANS: [&str; 7] = ["human", "json", "github", "gitlab", "junit", "sarif", "markdown"];
const PREVIEWS: [&str; 3] = ["human", "json", "html"];

#[test]
fn a_text_and_its_links_show_nobody() {
    let world = World::with_recipients(2);
    world.text_campaign("{{name}} <a href=\"https://example.com/?o={{openid}}\">{{openid}}</a>", "");
    for format in PREVIEWS {
        for ran in both(&world, &["preview", "campaign.toml", "--format", format], 0) {
            let told = ran.stdout.replace("&#x3D;", "=");
            assert!(told.contains("oTE***0001") && told.contains("?o=oTE***0001"), "{told}");
        }
    }
    for format in PLANS {
        both(&world, &["plan", "campaign.toml", "--format", format], 0);
    }
    both(&world, &["plan", "campaign.toml", "--format", "json", "-o", "plan.json"], 0);
    let manifest = world.read("plan.json");
    assert!(!manifest.contains(&openid(1)) && manifest.contains("?o=oTE***0001"), "{manifest}");
    // And they stand there for whoever sends it.
    let shown = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
    let text = shown[1]["payload"]["text"]["content"].as_str().expect("a text");
    assert!(text.contains(&format!("?o={}", openid(1))), "{text}");
}

#[test]
fn files_that_are_named_after_people_show_nobody() {
    let world = World::new();
    world.campaign("[message.image]\nfile = \"qr/{{openid}}.png\"", "");
    world.recipients(3);
    for index in 0..3 {
        world.file(&format!("qr/{}.png", openid(index)), png(&openid(index)));
    }
    for format in PREVIEWS {
        for ran in both(&world, &["preview", "campaign.toml", "--format", format], 0) {
            let name = if format == "json" { "\"touser\":\"oTE***0001\"" } else { "qr/oTE***0001.png" };
            assert!(ran.stdout.replace("\": \"", "\":\"").contains(name), "{format}: {}", ran.stdout);
        }
    }
    let page = both(&world, &["preview", "campaign.toml", "--format", "html"], 0);
    assert!(page[0].stdout.contains(".picture-2{background-image"), "the pictures are shown all the same");
    // No such picture, and one that is none.
    fs::remove_file(world.path(&format!("qr/{}.png", openid(0)))).expect("a file");
    world.file(&format!("qr/{}.png", openid(1)), "no picture");
    for format in PLANS {
        both(&world, &["plan", "campaign.toml", "--format", format], 3);
    }
    for format in PREVIEWS {
        both(&world, &["preview", "campaign.toml", "--format", format], 3);
    }
}

#[test]
fn faults_of_the_openid_itself_show_nobody() {
    let world = World::with_recipients(3);
    for rule in
        [format!("one_of = [\"{}\"]", openid(9)), "pattern = \"^x\"".to_owned(), "max_chars = 3".to_owned()]
    {
        world.text_campaign("{{name}}", &format!("[audience.columns.openid]\n{rule}\n"));
        for format in PLANS {
            both(&world, &["plan", "campaign.toml", "--format", format], 3);
        }
        both(&world, &["preview", "campaign.toml"], 3);
    }
}

#[test]
fn sending_in_ci_and_its_report_show_nobody() {
    let world = World::new();
    world.campaign("[message.image]\nfile = \"qr/{{openid}}.png\"", "");
    world.recipients(3);
    for index in 0..3 {
        world.file(&format!("qr/{}.png", openid(index)), png(&openid(index)));
    }
    let platform = Platform::new("[[answers]]\ncode = 45015\ntimes = 1");
    for args in [
        &["media", "campaign.toml"][..],
        &["media", "campaign.toml", "--format", "json"],
        &["send", "campaign.toml", "--yes"],
        &["send", "campaign.toml", "--yes", "--format", "json"],
        &["status", "campaign.toml"],
        &["report", "campaign.toml"],
        &["report", "campaign.toml", "--format", "html"],
        &["report", "campaign.toml", "--format", "markdown"],
        &["report", "campaign.toml", "--format", "json"],
        &["report", "campaign.toml", "--format", "junit"],
    ] {
        let mut command = world.command_at(&platform, args);
        let ran = Ran::of(command.env("CI", "true").output().expect("the binary runs"));
        assert!([0, 5].contains(&ran.code), "{args:?}: {ran:?}");
        hides(&ran, &format!("{args:?}"));
    }
}

#[test]
fn phone_numbers_in_the_place_of_openids_are_told_in_one_line() {
    let world = World::new();
    world.text_campaign("x", "");
    let people = ["13800138000", "13800138001", "110101199003071234", "zhang@qq.com"];
    let rows: String = people.iter().map(|person| format!("{person},A\n")).collect();
    world.file("audience.csv", format!("openid,name\n{rows}{},B\n", openid(1)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    let told = plan["diagnostics"].as_array().expect("diagnostics");
    assert_eq!((told.len(), &told[0]["code"]), (1, &"openid-contact".into()), "{plan:#}");
    let message = told[0]["message"].as_str().expect("a message");
    for part in ["4 cells", "2 phone numbers", "1 ID numbers", "1 e-mail addresses", "A2, A3, A4, A5"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let mut in_ci = world.command(&["plan", "campaign.toml"]);
    let in_ci = Ran::of(in_ci.env("CI", "true").output().expect("the binary runs")).exits(3).says("4 cells");
    assert!(people.iter().all(|person| !in_ci.stderr.contains(person)), "{}", in_ci.stderr);
    world.file("audience.csv", format!("openid,name\n13800138000,A\n{},B\n", openid(1)));
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(
        plan["diagnostics"][0]["severity"], "warning",
        "no rule of the platform says how an openid looks"
    );
}

#[test]
fn the_people_whom_a_rule_of_the_openid_column_allows_are_named_nowhere_that_travels() {
    let world = World::with_recipients(2);
    let list = format!("one_of = [\"{}\", \"o2\"]", openid(2));
    world.text_campaign("x", &format!("[audience.columns.openid]\n{list}\npattern = \"^x\"\n"));
    for format in PLANS {
        for ran in both(&world, &["plan", "campaign.toml", "--format", format], 3) {
            assert!(format!("{}{}", ran.stdout, ran.stderr).contains("cell-not-one-of"), "{ran:?}");
        }
    }
}

#[test]
fn an_openid_in_any_cell_or_name_that_a_fault_quotes_is_hidden() {
    let world = World::with_recipients(2);
    world.text_campaign("{{nmae}}", "");
    world.file("audience.csv", format!("{},name\n{},x\n", openid(0), openid(1)));
    for format in PLANS {
        both(&world, &["plan", "campaign.toml", "--format", format], 3);
    }
    world.text_campaign("{{name}}", "");
    world.file("audience.csv", format!("openid,name\n{},<br>{}\n", openid(1), openid(2)));
    // The others show sample messages, whose text is that person's own.
    for format in ["human", "github", "gitlab", "sarif"] {
        both(&world, &["plan", "campaign.toml", "--format", format], 0);
    }
}
